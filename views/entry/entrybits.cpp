// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/entry/entrybits.h"

#include <algorithm>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr int margin = 4;
/// Four bits make a hexadecimal digit; a gap after each lets the raw value be read off.
constexpr int afterDigit = 3;

/// A digit in anything narrower cannot be read.
int leastBit() { return Theme::instance().scaled(11); }

int bitHeight() { return Theme::instance().scaled(20); }
int nameHeight() { return Theme::instance().scaled(13); }
int lineHeight() { return bitHeight() + nameHeight() + 5; }

QFont smallFont(int pixels)
{
    QFont font = Theme::instance().fixedFont();
    font.setPixelSize(pixels);
    return font;
}

} // namespace

EntryBits::EntryBits(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("entryBits"));
    setAccessibleName(tr("Bits of the entry"));
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changedTheme, this, [this] {
        updateGeometry();
        update();
    });
}

QSize EntryBits::sizeHint() const
{
    const unsigned inLine = bitsInLine();
    const int lines = inLine == 0 ? 0 : static_cast<int>(std::max(1U, m_bits / inLine));
    return {440, lines * lineHeight() + 2 * margin};
}

int EntryBits::bitWidth(unsigned bitsInLine) const
{
    const int gaps = static_cast<int>(bitsInLine / 4 - 1) * afterDigit;
    return (width() - 2 * margin - gaps) / static_cast<int>(bitsInLine);
}

unsigned EntryBits::bitsInLine() const
{
    for (const unsigned bits : {32U, 16U})
        if (bitWidth(bits) >= leastBit())
            return bits;
    return 0;
}

void EntryBits::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    if (sizeHint().height() != height())
        updateGeometry();
}

void EntryBits::setEntry(
    std::uint64_t raw, unsigned bits, std::vector<EntryField> fields, std::uint64_t changed)
{
    m_raw = raw;
    m_bits = bits;
    m_fields = std::move(fields);
    m_changed = changed;
    setField(std::min(m_field, static_cast<int>(m_fields.size()) - 1));
    updateGeometry();
}

void EntryBits::setField(int field)
{
    m_field = field;
    setAccessibleDescription(m_fields.empty() ? tr("No entry is shown") : hexOf(m_raw, m_bits / 4));
    if (field >= 0 && field < static_cast<int>(m_fields.size())) {
        const EntryField& f = m_fields[static_cast<std::size_t>(field)];
        setAccessibleDescription(QStringLiteral("%1 = %2: %3").arg(f.name, f.value, f.meaning));
    }
    update();
}

QRect EntryBits::bitRect(unsigned position) const
{
    const unsigned inLine = bitsInLine();
    if (inLine == 0)
        return {};
    const unsigned line = (m_bits - 1 - position) / inLine;
    const unsigned column = (m_bits - 1 - position) % inLine;
    const int wide = std::min(bitWidth(inLine), Theme::instance().scaled(24));
    const int x = margin + static_cast<int>(column) * wide + static_cast<int>(column / 4) * afterDigit;
    return {x, margin + static_cast<int>(line) * lineHeight(), wide, bitHeight()};
}

void EntryBits::drawBit(QPainter& painter, unsigned position) const
{
    const Theme& theme = Theme::instance();
    const bool set = (m_raw >> position & 1) != 0;
    const QRect rect = bitRect(position).adjusted(0, 0, -1, 0);
    painter.fillRect(rect, set ? theme.accent() : theme.window());
    painter.setPen(set ? inkOn(theme.accent()) : theme.mutedText());
    painter.setFont(smallFont(std::clamp(rect.width() - 1, 6, theme.scaled(12))));
    painter.drawText(rect, Qt::AlignCenter, set ? QStringLiteral("1") : QStringLiteral("0"));
    if ((m_changed >> position & 1) != 0) {
        painter.setPen(QPen(theme.changed(), 2));
        painter.drawLine(rect.left(), rect.bottom() - 1, rect.right(), rect.bottom() - 1);
    }
}

void EntryBits::drawField(QPainter& painter, const EntryField& field, bool current) const
{
    const Theme& theme = Theme::instance();
    const QColor colour = field.wrong ? theme.finding(core::FindingState::Violation)
        : current                     ? theme.text()
                                      : theme.grid();
    const unsigned inLine = bitsInLine();
    unsigned high = field.high;
    while (true) {
        // A field may go on in the next line.
        const unsigned lineEnd = high / inLine * inLine;
        const unsigned low = std::max(field.low, lineEnd);
        const QRect rect = bitRect(high).united(bitRect(low)).adjusted(0, 0, -1, 0);
        painter.setPen(QPen(colour, current || field.wrong ? 2 : 1));
        painter.drawRect(rect);
        const QRect below(rect.left(), rect.bottom() + 1, rect.width() + 1, nameHeight());
        painter.setFont(smallFont(theme.scaled(9)));
        const QString name = field.wrong ? QStringLiteral("✕") : toText(core::shortPartName(field.part));
        painter.setPen(current || field.wrong ? colour : theme.mutedText());
        if (current || painter.fontMetrics().horizontalAdvance(name) <= below.width())
            painter.drawText(below, Qt::AlignCenter | Qt::TextDontClip, name);
        if (low == field.low)
            break;
        high = low - 1;
    }
}

void EntryBits::paintEvent(QPaintEvent*)
{
    if (bitsInLine() == 0)
        return;
    QPainter painter(this);
    for (unsigned position = 0; position < m_bits; ++position)
        drawBit(painter, position);
    for (std::size_t i = 0; i < m_fields.size(); ++i)
        if (static_cast<int>(i) != m_field)
            drawField(painter, m_fields[i], false);
    if (m_field >= 0 && m_field < static_cast<int>(m_fields.size())) {
        const EntryField& field = m_fields[static_cast<std::size_t>(m_field)];
        drawField(painter, field, true);
        if (hasFocus())
            drawFocus(painter, bitRect(field.high).adjusted(-2, -2, 1, 1));
    }
}

int EntryBits::fieldAt(QPoint point) const
{
    if (bitsInLine() == 0)
        return -1;
    for (std::size_t i = 0; i < m_fields.size(); ++i)
        for (unsigned bit = m_fields[i].low; bit <= m_fields[i].high; ++bit)
            if (bitRect(bit).adjusted(0, 0, 3, nameHeight()).contains(point))
                return static_cast<int>(i);
    return -1;
}

void EntryBits::choose(int field)
{
    if (field < 0 || field >= static_cast<int>(m_fields.size()))
        return;
    setField(field);
    emit fieldChosen(field);
}

void EntryBits::mousePressEvent(QMouseEvent* event) { choose(fieldAt(event->pos())); }

void EntryBits::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Left)
        choose(std::max(0, m_field - 1));
    else if (event->key() == Qt::Key_Right)
        choose(m_field + 1);
    else
        QWidget::keyPressEvent(event);
}

bool EntryBits::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int field = fieldAt(help->pos());
        if (field >= 0) {
            const EntryField& f = m_fields[static_cast<std::size_t>(field)];
            QToolTip::showText(
                help->globalPos(), QStringLiteral("%1 = %2: %3").arg(f.name, f.value, f.meaning), this);
            return true;
        }
    }
    return QWidget::event(event);
}

} // namespace pgtscope::views
