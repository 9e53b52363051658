// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/base/textblock.h"

#include <QEvent>

namespace pgtscope::views {

namespace {

constexpr int fewestCharacters = 12; // a line

} // namespace

TextBlock::TextBlock(const char* objectName, QWidget* parent)
    : QLabel(parent)
{
    setObjectName(QLatin1String(objectName));
    setWordWrap(true);
    setTextInteractionFlags(Qt::TextBrowserInteraction);
    setContentsMargins(6, 2, 6, 2);
}

QSize TextBlock::minimumSizeHint() const
{
    const QMargins margins = contentsMargins();
    return {fontMetrics().averageCharWidth() * fewestCharacters + margins.left() + margins.right(),
        text().isEmpty() ? 0 : fontMetrics().height() + margins.top() + margins.bottom()};
}

QSize TextBlock::sizeHint() const { return minimumSizeHint(); }

int TextBlock::heightForWidth(int width) const
{
    if (width != m_width || text() != m_measured) {
        m_width = width;
        m_measured = text();
        m_height = QLabel::heightForWidth(width);
    }
    return m_height;
}

void TextBlock::changeEvent(QEvent* event)
{
    m_width = -1;
    QLabel::changeEvent(event);
}

} // namespace pgtscope::views
