// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/textblock.h"

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
    // Not contents margins: QFrame sets those itself, whenever its style or its parent changes.
    setMargin(4);
}

QSize TextBlock::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * fewestCharacters + 2 * margin(),
        text().isEmpty() ? 0 : fontMetrics().height() + 2 * margin()};
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
    // Links have their colour from the time at which the text was set.
    if (event->type() == QEvent::PaletteChange && text().contains(QLatin1String("<a "))) {
        const QString shown = text();
        clear();
        setText(shown);
    }
}

} // namespace pgtscope::views
