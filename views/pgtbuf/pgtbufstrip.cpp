// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/pgtbuf/pgtbufstrip.h"

#include <algorithm>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include "core/report/argument.h"
#include "views/frames/framemap.h"
#include "views/pgtbuf/pgtbufpage.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

QSize cellSize() { return {Theme::instance().scaled(18), Theme::instance().scaled(24)}; }
/// Above each row there is room for the names of the markers.
int rowHeight() { return Theme::instance().scaled(24 + 18); }
constexpr int margin = 6;
/// Epochs below that are not shown; no kernel has so many.
constexpr int maxHeight = 1 << 28;
/// A buffer of 1 GiB; values beyond belong to no allocator.
constexpr std::uint64_t maxPages = 1ULL << 18;

std::uint64_t pagesOf(const core::PgtBufEpoch& epoch)
{
    return epoch.start < epoch.top ? std::min(epoch.top - epoch.start, maxPages) : 0;
}

} // namespace

PgtBufStrip::PgtBufStrip(QWidget* parent)
    : QAbstractScrollArea(parent)
{
    setObjectName(QStringLiteral("pgtBufStrip"));
    setAccessibleName(tr("Pages of pgt_buf"));
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMinimumSize(160, 84);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, viewport(), qOverload<>(&QWidget::update));
    connect(verticalScrollBar(), &QScrollBar::actionTriggered, this, [this] { m_centred = false; });
    connect(&Theme::instance(), &Theme::changedTheme, this, [this] {
        m_painter.clear();
        layoutBlocks();
    });
}

void PgtBufStrip::setState(const StepStatePtr& state)
{
    m_state = state;
    layoutBlocks();
    describe();
}

void PgtBufStrip::setCurrent(std::optional<core::FrameNumber> frame)
{
    m_current = frame;
    const QRect rect = frame ? cellOf(*frame) : QRect();
    if (!rect.isNull() && (rect.top() < 0 || rect.bottom() >= viewport()->height()))
        centreCurrent();
    describe();
    viewport()->update();
}

void PgtBufStrip::centreCurrent()
{
    const QRect rect = cellOf(*m_current);
    if (rect.isNull())
        return;
    QScrollBar* bar = verticalScrollBar();
    bar->setValue(bar->value() + rect.center().y() - viewport()->height() / 2);
    m_centred = true;
}

int PgtBufStrip::columns() const
{
    const int fit = std::max(1, (viewport()->width() - 2 * margin) / cellSize().width());
    return fit >= 16 ? fit / 16 * 16 : fit;
}

void PgtBufStrip::layoutBlocks()
{
    m_blocks.clear();
    int y = margin;
    if (m_state) {
        const core::Snapshot& snapshot = *m_state->snapshot();
        const TintedContent content = frameContent(*m_state, std::string(core::leadingRule().name()));
        for (const core::PgtBufEpoch& epoch : snapshot.pgtBuf().epochs) {
            if (y > maxHeight)
                break;
            const int wide = columns();
            const auto rows = static_cast<int>(
                (pagesOf(epoch) + static_cast<std::uint64_t>(wide) - 1) / static_cast<std::uint64_t>(wide));
            Block block{epoch, bufferContent(content, snapshot, {epoch.start, epoch.start + pagesOf(epoch)}),
                y, y + fontMetrics().height() + rowHeight() - cellSize().height(), 0};
            block.bottom = block.cells + rows * rowHeight();
            y = block.bottom + margin;
            m_blocks.push_back(std::move(block));
        }
    }
    verticalScrollBar()->setRange(0, std::max(0, y - viewport()->height()));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(cellSize().height());
    viewport()->update();
}

int PgtBufStrip::wholeHeight() const
{
    return m_blocks.empty() ? minimumHeight() : m_blocks.back().bottom + margin;
}

const PgtBufStrip::Block* PgtBufStrip::blockOf(core::GuestFrame page) const
{
    // Epochs can lie over one another: the latest is meant.
    const auto found = std::find_if(m_blocks.rbegin(), m_blocks.rend(), [&](const Block& block) {
        return page >= block.epoch.start && page - block.epoch.start < pagesOf(block.epoch);
    });
    return found == m_blocks.rend() ? nullptr : &*found;
}

std::optional<core::GuestFrame> PgtBufStrip::currentPage() const
{
    return m_state && m_current ? m_state->snapshot()->guestFrame(*m_current) : std::nullopt;
}

QRect PgtBufStrip::cellIn(const Block& block, core::GuestFrame page) const
{
    // Values come from a guest: a border may lie anywhere.
    const auto index = static_cast<int>(std::min(page - block.epoch.start, maxPages));
    const QPoint corner(margin + index % columns() * cellSize().width(),
        block.cells + index / columns() * rowHeight() - verticalScrollBar()->value());
    return {corner, cellSize()};
}

QRect PgtBufStrip::cellOf(core::FrameNumber frame) const
{
    const auto page = m_state ? m_state->snapshot()->guestFrame(frame) : std::nullopt;
    const Block* block = page ? blockOf(*page) : nullptr;
    return block ? cellIn(*block, *page) : QRect();
}

std::optional<core::FrameNumber> PgtBufStrip::frameAt(QPoint point) const
{
    const int y = point.y() + verticalScrollBar()->value();
    const int column = (point.x() - margin) / cellSize().width();
    if (point.x() < margin || column >= columns())
        return std::nullopt;
    for (const Block& block : m_blocks) {
        if (y < block.cells || y >= block.bottom)
            continue;
        const int index = (y - block.cells) / rowHeight() * columns() + column;
        if (static_cast<std::uint64_t>(index) < pagesOf(block.epoch))
            return m_state->snapshot()->frame(block.epoch.start + static_cast<std::uint64_t>(index));
    }
    return std::nullopt;
}

void PgtBufStrip::drawBlock(QPainter& painter, const Block& block, std::size_t number)
{
    const Theme& theme = Theme::instance();
    painter.setPen(theme.mutedText());
    const QString heading = QStringLiteral("%1 · %2%3 – %4")
                                .arg(epochText(m_state->snapshot()->pgtBuf(), number),
                                    m_state->snapshot()->xen() ? QStringLiteral("pfn ") : QString(),
                                    hexOf(block.epoch.start.value), hexOf(block.epoch.top.value));
    const int scrolled = verticalScrollBar()->value();
    painter.drawText(margin, block.top - scrolled + fontMetrics().ascent(), heading);
    const int firstRow = std::max(0, (scrolled - block.cells) / rowHeight());
    const int lastRow = (scrolled + viewport()->height() - block.cells) / rowHeight();
    const std::uint64_t begin = static_cast<std::uint64_t>(firstRow) * static_cast<std::uint64_t>(columns());
    const std::uint64_t end = std::min(pagesOf(block.epoch),
        static_cast<std::uint64_t>(std::max(0, lastRow + 1)) * static_cast<std::uint64_t>(columns()));
    if (begin >= end)
        return;
    const auto cells = frameCells(block.content, core::FrameNumber(begin), 0, end - begin);
    for (std::size_t i = 0; i < cells.size(); ++i)
        m_painter.draw(painter, cellIn(block, block.epoch.start + (begin + i)), cells[i]);
    drawMarks(painter, block);
}

void PgtBufStrip::drawMarks(QPainter& painter, const Block& block) const
{
    const Theme& theme = Theme::instance();
    struct Mark {
        QString name;
        core::GuestFrame page;
    };
    const QString end = (m_state->snapshot()->xen() ? QStringLiteral("end pfn ") : QStringLiteral("end "))
        + hexOf(block.epoch.end.value);
    const Mark marks[] = {{QStringLiteral("start"), block.epoch.start}, {end, block.epoch.end},
        {QStringLiteral("top"), block.epoch.top}};
    int freeLeft = 0;
    int lastTop = -1;
    for (const Mark& mark : marks) {
        QRect rect = cellIn(block, mark.page);
        int x = rect.left() - 1;
        if (mark.page != block.epoch.start && rect.left() == margin) {
            // A border after the last cell of a row is drawn there, not before the next row.
            rect = cellIn(block, mark.page - 1);
            x = rect.right();
        }
        painter.setPen(QPen(theme.text(), 2));
        painter.drawLine(x, rect.top() - 6, x, rect.bottom());
        const int wide = fontMetrics().horizontalAdvance(mark.name);
        const int free = rect.top() == lastTop ? freeLeft : margin;
        const int left = std::max(free, std::min(x, viewport()->width() - wide - margin));
        painter.drawText(left, rect.top() - 5, mark.name);
        freeLeft = left + wide + 8;
        lastTop = rect.top();
    }
}

void PgtBufStrip::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    const Theme& theme = Theme::instance();
    painter.fillRect(viewport()->rect(), theme.panel());
    if (m_blocks.empty()) {
        painter.setPen(theme.mutedText());
        painter.drawText(viewport()->rect().adjusted(12, 0, -12, 0), Qt::AlignCenter | Qt::TextWordWrap,
            m_state ? QString::fromStdString(core::withoutBufferText(m_state->snapshot()->pgtBuf()))
                    : tr("Open a recording or attach to a guest: its early page-table buffer is drawn here"));
        return;
    }
    for (std::size_t i = 0; i < m_blocks.size(); ++i)
        drawBlock(painter, m_blocks[i], i);
    if (m_current) {
        const QRect rect = cellOf(*m_current);
        if (!rect.isNull() && hasFocus())
            drawFocus(painter, QRectF(rect).adjusted(-2, -2, 1, 1));
        else if (!rect.isNull()) {
            painter.setPen(QPen(theme.text(), 2));
            painter.drawRect(rect.adjusted(-1, -1, 0, 0));
        }
    }
}

void PgtBufStrip::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    layoutBlocks();
    // Until the user scrolls, the same place is in the middle at every height.
    if (m_centred && m_current)
        centreCurrent();
}

void PgtBufStrip::mousePressEvent(QMouseEvent* event)
{
    if (const auto frame = frameAt(event->pos()))
        emit chosen(*frame);
}

void PgtBufStrip::move(std::int64_t pages)
{
    if (m_blocks.empty())
        return;
    const auto page = currentPage();
    const Block* block = page ? blockOf(*page) : nullptr;
    core::GuestFrame next = m_blocks.back().epoch.start;
    if (block) {
        const auto last = static_cast<std::int64_t>(pagesOf(block->epoch)) - 1;
        const auto at = static_cast<std::int64_t>(*page - block->epoch.start);
        next = block->epoch.start + static_cast<std::uint64_t>(std::clamp<std::int64_t>(at + pages, 0, last));
    }
    // A page that the domain does not have cannot be chosen: it lies nowhere.
    if (const auto frame = m_state->snapshot()->frame(next))
        emit chosen(*frame);
}

void PgtBufStrip::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Left:
        return move(-1);
    case Qt::Key_Right:
        return move(1);
    case Qt::Key_Up:
        return move(-columns());
    case Qt::Key_Down:
        return move(columns());
    case Qt::Key_Home:
        return move(-static_cast<std::int64_t>(maxPages));
    case Qt::Key_End:
        return move(static_cast<std::int64_t>(maxPages));
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

void PgtBufStrip::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void PgtBufStrip::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

bool PgtBufStrip::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip && m_state) {
        const auto* help = static_cast<QHelpEvent*>(event);
        if (const auto frame = frameAt(help->pos()))
            QToolTip::showText(help->globalPos(), frameTooltip(*m_state, *frame), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void PgtBufStrip::describe()
{
    if (!m_state || !m_current) {
        setAccessibleDescription(tr("No page is selected"));
        return;
    }
    setAccessibleDescription(hexOf(m_current->value) + pfnBeside(*m_state->snapshot(), *m_current)
        + QStringLiteral(": ") + frameDescription(*m_state, *m_current));
}

} // namespace pgtscope::views
