// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/frames/framemap.h"

#include <algorithm>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include "views/frames/framegutter.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr int margin = frameGutterGap;

} // namespace

FrameMap::FrameMap(QWidget* parent)
    : QAbstractScrollArea(parent)
{
    setObjectName(QStringLiteral("frameMap"));
    setAccessibleName(tr("Map of physical memory"));
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMinimumSize(240, 120);
    connect(&Theme::instance(), &Theme::changedTheme, this, [this] {
        m_painter.clear();
        rescale();
    });
    describeCursor();
}

std::uint64_t FrameMap::top() const { return static_cast<std::uint64_t>(verticalScrollBar()->value()); }

core::FrameNumber FrameMap::firstVisible() const { return core::FrameNumber(top() * m_scale.framesInRow()); }

core::FrameNumber FrameMap::lastVisible() const
{
    const auto rows = static_cast<std::uint64_t>(m_scale.visibleRows());
    return std::min(core::FrameNumber((top() + rows) * m_scale.framesInRow()), m_scale.end());
}

void FrameMap::setRule(const std::string& rule)
{
    m_rule = rule;
    setState(m_state, m_colours);
}

void FrameMap::setState(const StepStatePtr& state, const WriteColours& colours)
{
    const core::FrameNumber before = m_content.end;
    m_state = state;
    m_content = state ? frameContent(*state, m_rule) : TintedContent{};
    if (state)
        m_content.end = m_leastEnd = std::max(m_leastEnd, m_content.end);
    if (before != m_content.end) {
        m_scale.setMemory(m_content.end);
        rescale();
    }
    setColours(colours);
}

void FrameMap::setColours(const WriteColours& colours)
{
    m_colours = colours;
    m_painter.setColours(colours);
    m_content.tints = frameTints(m_content, colours);
    describeCursor();
    invalidate();
}

void FrameMap::setMatches(FrameMatches matches)
{
    m_matches = std::move(matches);
    invalidate();
}

void FrameMap::setCurrent(std::optional<core::FrameNumber> frame)
{
    m_current = frame;
    if (frame && *frame < m_scale.end()) {
        m_cursor = *frame;
        ensureVisible(*frame);
        describeCursor();
    }
    viewport()->update();
}

const std::vector<PlacedMarker>& FrameMap::markers()
{
    if (!m_markers) {
        auto wanted = m_state ? bufferMarkers(*m_state->snapshot()) : std::vector<FrameMarker>{};
        std::vector<QRect> cells;
        for (const FrameMarker& marker : wanted)
            cells.push_back(cellOf(marker.frame));
        m_markers = placeMarkers(wanted, cells, findingCells(), m_scale.area(), fontMetrics());
    }
    return *m_markers;
}

/// Cells with findings that can be seen, as many as labels can be kept off in reason.
std::vector<QRect> FrameMap::findingCells() const
{
    constexpr std::size_t most = 200;
    std::vector<QRect> cells;
    auto found = std::lower_bound(m_content.findings.begin(), m_content.findings.end(), firstVisible(),
        [](const auto& finding, core::FrameNumber frame) { return finding.first < frame; });
    for (; found != m_content.findings.end() && found->first < lastVisible() && cells.size() < most; ++found)
        cells.push_back(cellOf(found->first));
    return cells;
}

void FrameMap::invalidate()
{
    m_cells = QPixmap();
    m_markers.reset();
    viewport()->update();
}

/// Fits the map to the widget: what was shown in full stays so.
void FrameMap::rescale()
{
    const int gutter
        = QFontMetrics(frameGutterFont()).horizontalAdvance(hexOf(m_content.end.value << 12)) + margin;
    m_scale.setArea(viewport()->rect().adjusted(gutter + margin, margin, -margin, -margin));
    if (m_fitted)
        m_scale.setZoom(m_scale.fittingZoom());
    const int fullRows = std::max(1, m_scale.area().height() / m_scale.cell().height());
    verticalScrollBar()->setRange(0, std::max(0, static_cast<int>(m_scale.rows()) - fullRows));
    verticalScrollBar()->setPageStep(fullRows);
    invalidate();
    emit viewChanged();
}

void FrameMap::zoomBy(int steps) { zoomAt(m_scale.zoom() - steps, cellOf(m_cursor).center()); }

void FrameMap::zoomToAll()
{
    m_fitted = true;
    rescale();
}

void FrameMap::zoomToBuffer()
{
    if (!m_state || m_state->snapshot()->pgtBuf().epochs.empty())
        return;
    const core::PgtBufEpoch& epoch = m_state->snapshot()->pgtBuf().epochs.back();
    const auto pieces = m_state->snapshot()->pieces(epoch.whole());
    if (pieces.empty())
        return;
    // Where the buffer is in pieces, the one in which the kernel works.
    const auto piece = std::find_if(pieces.begin(), std::prev(pieces.end()),
        [&](const core::FramePiece& p) { return epoch.end <= p.guest + p.frames.bytes(); });
    const int zoom = m_scale.zoomFor(piece->frames.begin, piece->frames.bytes());
    showAt(zoom, piece->frames.begin, m_scale.area().top() + m_scale.area().height() / 4);
}

void FrameMap::zoomAround(core::FrameNumber frame, quint64 frames)
{
    const core::FrameNumber first(frame.value - std::min<std::uint64_t>(frame.value, frames / 2));
    showAt(m_scale.zoomFor(first, frames), frame, m_scale.area().center().y());
}

void FrameMap::zoomAt(int zoom, QPoint point)
{
    point.setX(std::clamp(point.x(), m_scale.area().left(), m_scale.area().right()));
    point.setY(std::clamp(point.y(), m_scale.area().top(), m_scale.area().bottom()));
    showAt(zoom, m_scale.frameAt(point, top()), point.y());
}

/// Shows `frame` at height `y` of the viewport as nearly as the rows allow.
void FrameMap::showAt(int zoom, core::FrameNumber frame, int y)
{
    m_scale.setZoom(zoom);
    m_fitted = m_scale.zoom() == m_scale.fittingZoom();
    rescale();
    const std::uint64_t row = frame.value / m_scale.framesInRow();
    const int above = (y - m_scale.area().top()) / m_scale.cell().height();
    verticalScrollBar()->setValue(static_cast<int>(row) - above);
    invalidate();
    emit viewChanged();
}

void FrameMap::ensureVisible(core::FrameNumber frame)
{
    const int row = static_cast<int>(frame.value / m_scale.framesInRow());
    QScrollBar* bar = verticalScrollBar();
    if (row < bar->value())
        bar->setValue(row);
    else if (row >= bar->value() + bar->pageStep())
        bar->setValue(row - bar->pageStep() + 1);
}

void FrameMap::moveCursor(std::int64_t cells)
{
    if (m_scale.end().value == 0)
        return;
    const auto last = static_cast<std::int64_t>((m_scale.end().value - 1) >> m_scale.order());
    const auto at = static_cast<std::int64_t>(m_cursor.value >> m_scale.order());
    const auto next = static_cast<std::uint64_t>(std::clamp<std::int64_t>(at + cells, 0, last));
    m_cursor = core::FrameNumber(next << m_scale.order());
    ensureVisible(m_cursor);
    describeCursor();
    viewport()->update();
}

void FrameMap::describeCursor()
{
    if (!m_state || m_scale.end().value == 0) {
        setAccessibleDescription(tr("No step is shown"));
        return;
    }
    QString text = hexOf(core::addressOf(m_cursor).value) + pfnBeside(*m_state->snapshot(), m_cursor)
        + QStringLiteral(": ") + frameDescription(*m_state, m_cursor);
    if (const auto finding = m_state->findingOf(m_cursor))
        text += QStringLiteral(", ") + wordsOf(core::findingStateName(*finding));
    if (m_state->marked(m_cursor))
        text += QStringLiteral(", ") + m_state->markText();
    if (const auto write = m_colours.ofFrame(m_cursor))
        text += tr(", last written: %1").arg(m_colours.describe(write));
    setAccessibleDescription(text);
}

bool FrameMap::isKeyOfMove(QKeyEvent* event)
{
    const std::int64_t row = m_scale.columns();
    const std::int64_t page = row * std::max(1, m_scale.visibleRows() - 1);
    constexpr std::int64_t far = 1LL << 52;
    switch (event->key()) {
    case Qt::Key_Left:
        moveCursor(-1);
        return true;
    case Qt::Key_Right:
        moveCursor(1);
        return true;
    case Qt::Key_Up:
        moveCursor(-row);
        return true;
    case Qt::Key_Down:
        moveCursor(row);
        return true;
    case Qt::Key_PageUp:
        moveCursor(-page);
        return true;
    case Qt::Key_PageDown:
        moveCursor(page);
        return true;
    case Qt::Key_Home:
        moveCursor(-far);
        return true;
    case Qt::Key_End:
        moveCursor(far);
        return true;
    default:
        return false;
    }
}

void FrameMap::keyPressEvent(QKeyEvent* event)
{
    if (isKeyOfMove(event))
        return;
    switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoomBy(1);
        break;
    case Qt::Key_Minus:
        zoomBy(-1);
        break;
    case Qt::Key_0:
        zoomToAll();
        break;
    case Qt::Key_B:
        zoomToBuffer();
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        if (m_state && m_scale.end().value != 0)
            emit chosen(m_cursor);
        break;
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

void FrameMap::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void FrameMap::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

void FrameMap::wheelEvent(QWheelEvent* event)
{
    const int notches = event->angleDelta().y() / 120;
    if ((event->modifiers() & Qt::ShiftModifier) != 0)
        verticalScrollBar()->setValue(verticalScrollBar()->value() - 3 * notches);
    else if (notches != 0)
        zoomAt(m_scale.zoom() - notches, event->position().toPoint());
    event->accept();
}

void FrameMap::mousePressEvent(QMouseEvent* event)
{
    m_pressed = event->pos();
    m_pressedTop = verticalScrollBar()->value();
    m_panning = false;
}

void FrameMap::mouseMoveEvent(QMouseEvent* event)
{
    if ((event->buttons() & (Qt::LeftButton | Qt::MiddleButton)) == 0)
        return;
    const int rows = (event->pos().y() - m_pressed.y()) / m_scale.cell().height();
    m_panning = m_panning || rows != 0;
    if (m_panning)
        verticalScrollBar()->setValue(m_pressedTop - rows);
}

void FrameMap::mouseReleaseEvent(QMouseEvent* event)
{
    if (m_panning || event->button() != Qt::LeftButton || !m_state || m_scale.end().value == 0)
        return;
    m_cursor = m_scale.frameAt(event->pos(), top());
    describeCursor();
    viewport()->update();
    emit chosen(m_cursor);
}

void FrameMap::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    const core::FrameNumber first = firstVisible();
    rescale();
    if (!m_fitted)
        verticalScrollBar()->setValue(static_cast<int>(first.value / m_scale.framesInRow()));
}

void FrameMap::scrollContentsBy(int, int)
{
    invalidate();
    emit viewChanged();
}

bool FrameMap::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip && m_state && m_scale.end().value != 0) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const core::FrameNumber frame = m_scale.frameAt(help->pos(), top());
        if (cellOf(frame).contains(help->pos()))
            QToolTip::showText(help->globalPos(), tooltip(frame), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

QString FrameMap::tooltip(core::FrameNumber frame) const
{
    const std::uint64_t frames = 1ULL << m_scale.order();
    if (frames == 1) {
        const auto write = m_colours.ofFrame(frame);
        return frameTooltip(*m_state, frame)
            + (write ? tr("<br>last written: %1").arg(m_colours.describe(write).toHtmlEscaped()) : QString());
    }
    return cellTooltip(*m_state, m_content, frame, frames);
}

void FrameMap::drawCells(QPainter& painter)
{
    const auto rows = static_cast<std::size_t>(m_scale.visibleRows());
    const auto columns = static_cast<std::size_t>(m_scale.columns());
    auto cells = frameCells(m_content, firstVisible(), m_scale.order(), rows * columns);
    if (m_colours.active())
        for (TintedCell& cell : cells) {
            cell.plain = true;
            cell.look = cell.look == FrameLook::NotRam ? FrameLook::NotRam : FrameLook::Free;
        }
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i].outside)
            break;
        const QPoint corner(m_scale.area().left() + static_cast<int>(i % columns) * m_scale.cell().width(),
            m_scale.area().top() + static_cast<int>(i / columns) * m_scale.cell().height());
        m_painter.draw(painter, {corner, m_scale.cell()}, cells[i]);
    }
}

void FrameMap::drawPlaces(QPainter& painter) const
{
    const Theme& theme = Theme::instance();
    if (m_current && *m_current < m_scale.end()) {
        const QRectF rect = QRectF(cellOf(*m_current)).adjusted(-1, -1, 0, 0);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme.panel(), 4));
        painter.drawRect(rect);
        painter.setPen(QPen(theme.text(), 2));
        painter.drawRect(rect);
    }
    if (hasFocus() && m_scale.end().value != 0)
        drawFocus(painter, QRectF(cellOf(m_cursor)).adjusted(-2.5, -2.5, 1.5, 1.5));
}

void FrameMap::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    if (m_cells.isNull()) {
        const double ratio = devicePixelRatioF();
        m_cells = QPixmap(viewport()->size() * ratio);
        m_cells.setDevicePixelRatio(ratio);
        m_cells.fill(Theme::instance().panel());
        QPainter onto(&m_cells);
        drawCells(onto);
        drawFrameMatches(onto, m_matches, m_content, m_scale, top());
        drawFrameGutter(onto, m_scale, top());
    }
    painter.drawPixmap(0, 0, m_cells);
    painter.setFont(font());
    painter.setRenderHint(QPainter::Antialiasing);
    drawMarkers(painter, markers(), m_scale.area());
    drawPlaces(painter);
}

} // namespace pgtscope::views
