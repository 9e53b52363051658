// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/address/linearbands.h"

#include <algorithm>
#include <cmath>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include "core/base/numbers.h"
#include "views/model/text.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr int margin = 8;

int headHeight() { return Theme::instance().scaled(17); }
int regionHeight() { return Theme::instance().scaled(18); }
int barHeight() { return Theme::instance().scaled(22); }
int funnelHeight() { return Theme::instance().scaled(16); }
int bandHeight() { return headHeight() + regionHeight() + barHeight() + funnelHeight(); }

/// Writable above, read-only below; both where both are: distinguished by place as well as by colour.
FrameLook lookOf(bool writable) { return writable ? FrameLook::KernelData : FrameLook::KernelText; }

} // namespace

QString summaryText(const SlotSummary& slot, const QString& changedText)
{
    QStringList parts;
    if (slot.writable)
        parts += Text::tr("writable pages");
    if (slot.readOnly)
        parts += Text::tr("read-only pages");
    if (slot.executable)
        parts += Text::tr("some executable");
    if (slot.user)
        parts += Text::tr("some for user mode");
    if (slot.gap)
        parts += Text::tr("a table that cannot be read or an entry with reserved bits");
    if (slot.hypervisors)
        parts += Text::tr("tables that are not followed");
    if (parts.isEmpty())
        parts += Text::tr("nothing mapped");
    if (slot.changed)
        parts += changedText;
    return parts.join(QStringLiteral(", "));
}

LinearBands::LinearBands(QWidget* parent)
    : QAbstractScrollArea(parent)
{
    setObjectName(QStringLiteral("linearBands"));
    setAccessibleName(tr("Linear address space"));
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    describe();
    connect(verticalScrollBar(), &QScrollBar::valueChanged, viewport(), qOverload<>(&QWidget::update));
    connect(&Theme::instance(), &Theme::changedTheme, this, &LinearBands::rebuild);
}

void LinearBands::setState(const StepStatePtr& state)
{
    m_state = state;
    m_summary.reset();
    if (state)
        m_summary.emplace(state);
    rebuild();
}

void LinearBands::setAddress(core::LinearAddress linear)
{
    m_linear = linear;
    rebuild();
}

void LinearBands::rebuild()
{
    m_bands.clear();
    if (m_state) {
        m_linear = m_state->snapshot()->paging().canonicalised(m_linear);
        m_bands = m_summary->bands(m_linear);
    }
    m_band = std::min(m_band, m_bands.empty() ? 0 : m_bands.size() - 1);
    const int height = static_cast<int>(m_bands.size()) * bandHeight() + 2 * margin;
    verticalScrollBar()->setRange(0, std::max(0, height - viewport()->height()));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(bandHeight() / 2);
    describe();
    viewport()->update();
}

QRectF LinearBands::bandRect(std::size_t band) const
{
    const int top = margin + static_cast<int>(band) * bandHeight() + headHeight() + regionHeight()
        - verticalScrollBar()->value();
    return {
        double(margin), double(top), std::max(1.0, viewport()->width() - 2.0 * margin), double(barHeight())};
}

QRectF LinearBands::exactRect(std::size_t band, unsigned slot) const
{
    const QRectF bar = bandRect(band);
    const double wide = bar.width() / static_cast<double>(m_bands[band].cells.size());
    return {bar.left() + slot * wide, bar.top(), wide, bar.height()};
}

QRect LinearBands::slotRect(std::size_t band, unsigned slot) const
{
    return exactRect(band, slot).toAlignedRect();
}

void LinearBands::drawSlot(QPainter& painter, const QRectF& rect, const SlotSummary& slot) const
{
    const Theme& theme = Theme::instance();
    // Whole pixels, so that neighbours join without a seam; even a single slot of 512 has to be seen.
    QRectF box = rect;
    box.setLeft(std::floor(rect.left()));
    box.setRight(std::max(box.left() + 2, std::floor(rect.right())));
    const double half = box.height() / 2;
    if (slot.writable)
        painter.fillRect(QRectF(box.left(), box.top(), box.width(), half), theme.frameBrush(lookOf(true)));
    if (slot.readOnly)
        painter.fillRect(
            QRectF(box.left(), box.top() + half, box.width(), half), theme.frameBrush(lookOf(false)));
    if (slot.writable && slot.executable && slot.mapped)
        painter.fillRect(QRectF(box.left(), box.top() + half - 1.5, box.width(), 3), theme.text());
    if (slot.hypervisors)
        painter.fillRect(box, theme.mutedText());
    if (slot.gap)
        painter.fillRect(box, theme.frameBrush(FrameLook::NotRam));
    if (slot.changed) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.changed());
        const QPointF tip(box.center().x(), box.bottom() - 1);
        const QPointF points[] = {tip, tip + QPointF(-4, 7), tip + QPointF(4, 7)};
        painter.drawPolygon(points, 3);
    }
}

void LinearBands::drawRegions(QPainter& painter, std::size_t number) const
{
    const Theme& theme = Theme::instance();
    const LinearBand& band = m_bands[number];
    const core::Paging& paging = m_state->snapshot()->paging();
    const QRectF bar = bandRect(number);
    const QRectF line(bar.left(), bar.top() - regionHeight(), bar.width(), regionHeight());
    double free = line.left();
    for (unsigned first = 0; first < band.cells.size();) {
        const core::LinearRegion* region = m_state->snapshot()->regionAt(band.at(paging, first));
        unsigned end = first + 1;
        while (end < band.cells.size() && m_state->snapshot()->regionAt(band.at(paging, end)) == region)
            ++end;
        const QRectF from = exactRect(number, first);
        const QRectF to = exactRect(number, end - 1);
        if (region) {
            painter.setPen(QPen(theme.mutedText(), 2));
            painter.drawLine(QPointF(from.left(), line.bottom() - 2), QPointF(to.right(), line.bottom() - 2));
            const QString name = toText(region->name);
            const double wide = painter.fontMetrics().horizontalAdvance(name) + 6;
            const double left
                = std::clamp(from.left(), line.left(), std::max(line.left(), line.right() - wide));
            if (left >= free) {
                painter.setPen(theme.text());
                painter.drawText(
                    QRectF(left, line.top() - 1, wide, regionHeight() - 3), Qt::AlignVCenter, name);
                free = left + wide;
            }
        }
        first = end;
    }
}

/// Between the halves of the top band lie all the addresses that are not canonical.
void LinearBands::drawHole(QPainter& painter, std::size_t number) const
{
    if (number != 0 || m_state->snapshot()->paging().linearBits() == 32)
        return;
    const auto middle = static_cast<unsigned>(m_bands[0].cells.size() / 2);
    const double x = exactRect(0, middle).left();
    const QRectF bar = bandRect(0);
    painter.setPen(QPen(Theme::instance().mutedText(), 1.5, Qt::DotLine));
    painter.drawLine(QPointF(x, bar.top() - 4), QPointF(x, bar.bottom() + 4));
}

void LinearBands::drawFunnel(QPainter& painter, std::size_t number) const
{
    if (number + 1 >= m_bands.size())
        return;
    const QRectF slot = exactRect(number, *m_bands[number].chosen);
    const QRectF next = bandRect(number + 1);
    const double top = slot.bottom();
    const double bottom = slot.bottom() + funnelHeight() - 2;
    painter.setPen(QPen(Theme::instance().grid(), 1));
    painter.drawLine(QPointF(slot.left(), top), QPointF(next.left(), bottom));
    painter.drawLine(QPointF(std::max(slot.right(), slot.left() + 1.5), top), QPointF(next.right(), bottom));
}

void LinearBands::drawBand(QPainter& painter, std::size_t number) const
{
    const Theme& theme = Theme::instance();
    const LinearBand& band = m_bands[number];
    const core::Paging& paging = m_state->snapshot()->paging();
    const QRectF bar = bandRect(number);
    painter.fillRect(bar, theme.frameBrush(FrameLook::Free));
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (unsigned i = 0; i < band.cells.size(); ++i)
        drawSlot(painter, exactRect(number, i), band.cells[i]);
    painter.setRenderHint(QPainter::Antialiasing, true);
    drawRegions(painter, number);
    drawHole(painter, number);
    const auto last = static_cast<unsigned>(band.cells.size() - 1);
    const QRectF head(bar.left(), bar.top() - regionHeight() - headHeight(), bar.width(), headHeight());
    painter.setPen(theme.mutedText());
    painter.drawText(head, Qt::AlignLeft | Qt::AlignVCenter,
        tr("%1 · %2 a slot")
            .arg(levelOf(paging, band.level), QString::fromStdString(core::sizeText(band.slotBytes))));
    painter.drawText(head, Qt::AlignRight | Qt::AlignVCenter,
        QStringLiteral("%1 – %2").arg(linearOf(paging, band.at(paging, 0)),
            linearOf(paging, band.at(paging, last) + (band.slotBytes - 1))));
    drawFunnel(painter, number);
    QRectF mark = exactRect(number, *band.chosen).adjusted(-1, -1, 1, 1);
    mark.setWidth(std::max(4.0, mark.width()));
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.panel(), 3));
    painter.drawRect(mark);
    painter.setPen(QPen(theme.text(), 1.5));
    painter.drawRect(mark);
    if (hasFocus() && number == m_band)
        drawFocus(painter, bar.adjusted(-2, -2, 2, 2));
}

void LinearBands::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    const Theme& theme = Theme::instance();
    painter.fillRect(viewport()->rect(), theme.panel());
    if (m_bands.empty()) {
        painter.setPen(theme.mutedText());
        const bool off = m_state && !m_state->snapshot()->paging().enabled();
        painter.drawText(viewport()->rect(), Qt::AlignCenter | Qt::TextWordWrap,
            off           ? tr("Paging is off: linear addresses are physical addresses")
                : m_state ? tr("The root table could not be read")
                          : tr("No step is shown"));
        return;
    }
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t i = 0; i < m_bands.size(); ++i)
        drawBand(painter, i);
}

void LinearBands::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    rebuild();
}

std::optional<LinearBands::Hit> LinearBands::hitAt(QPoint point) const
{
    for (std::size_t i = 0; i < m_bands.size(); ++i) {
        const QRectF bar = bandRect(i);
        if (point.y() < bar.top() - regionHeight() || point.y() > bar.bottom() + 6)
            continue;
        const double share = (point.x() + 0.5 - bar.left()) / bar.width();
        const auto count = static_cast<double>(m_bands[i].cells.size());
        return Hit{i, static_cast<unsigned>(std::clamp(std::floor(share * count), 0.0, count - 1))};
    }
    return std::nullopt;
}

void LinearBands::choose(Hit hit)
{
    const LinearBand band = m_bands[hit.band];
    const core::Snapshot& snapshot = *m_state->snapshot();
    m_band = hit.band;
    setAddress(band.at(snapshot.paging(), hit.slot));
    emit chosen(m_linear, snapshot.table(band.table).entryAddress(snapshot.paging(), hit.slot), band.level);
}

void LinearBands::mousePressEvent(QMouseEvent* event)
{
    if (const auto hit = hitAt(event->pos()); hit && event->button() == Qt::LeftButton)
        choose(*hit);
}

void LinearBands::wheelEvent(QWheelEvent* event)
{
    const auto hit = hitAt(event->position().toPoint());
    if (!hit || (event->modifiers() & Qt::ControlModifier) == 0) {
        QAbstractScrollArea::wheelEvent(event);
        return;
    }
    m_band = hit->band;
    moveBy(event->angleDelta().y() > 0 ? -1 : 1);
}

void LinearBands::moveBy(int slotsAway)
{
    if (m_bands.empty())
        return;
    const LinearBand& band = m_bands[m_band];
    const int last = static_cast<int>(band.cells.size()) - 1;
    const int next = std::clamp(static_cast<int>(*band.chosen) + slotsAway, 0, last);
    choose({m_band, static_cast<unsigned>(next)});
}

void LinearBands::keyPressEvent(QKeyEvent* event)
{
    constexpr int far = 1 << 12;
    switch (event->key()) {
    case Qt::Key_Left:
        return moveBy(-1);
    case Qt::Key_Right:
        return moveBy(1);
    case Qt::Key_Home:
        return moveBy(-far);
    case Qt::Key_End:
        return moveBy(far);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return moveBy(0);
    case Qt::Key_Up:
        m_band = m_band == 0 ? 0 : m_band - 1;
        break;
    case Qt::Key_Down:
        m_band = m_band + 1 < m_bands.size() ? m_band + 1 : m_band;
        break;
    default:
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    describe();
    viewport()->update();
}

void LinearBands::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void LinearBands::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

QString LinearBands::slotText(Hit hit) const
{
    const LinearBand& band = m_bands[hit.band];
    const core::Paging& paging = m_state->snapshot()->paging();
    const core::LinearAddress address = band.at(paging, hit.slot);
    const core::LinearRegion* region = m_state->snapshot()->regionAt(address);
    QString text
        = QStringLiteral("%1 [%2] %3: %4")
              .arg(levelOf(paging, band.level))
              .arg(hit.slot)
              .arg(linearOf(paging, address), summaryText(band.cells[hit.slot], m_state->markText()));
    if (region)
        text += QStringLiteral(" · ") + toText(region->title);
    return text;
}

bool LinearBands::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip && m_state) {
        const auto* help = static_cast<QHelpEvent*>(event);
        if (const auto hit = hitAt(help->pos()))
            QToolTip::showText(help->globalPos(), slotText(*hit), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void LinearBands::describe()
{
    setAccessibleDescription(
        m_bands.empty() ? tr("Nothing to show") : slotText({m_band, *m_bands[m_band].chosen}));
}

} // namespace pgtscope::views
