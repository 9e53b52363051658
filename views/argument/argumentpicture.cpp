// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/argument/argumentpicture.h"

#include <algorithm>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include "core/rules/rule.h"
#include "views/argument/argumentmarks.h"
#include "views/argument/argumenttext.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr double maxStretch = 2;
constexpr double deadOpacity = 0.5;

double themeScale() { return Theme::instance().scaled(100) / 100.0; }

} // namespace

ArgumentPicture::ArgumentPicture(QWidget* parent)
    : QAbstractScrollArea(parent)
{
    setObjectName(QStringLiteral("argumentPicture"));
    setAccessibleName(tr("The argument: pages of pgt_buf, two rules, and the tables that map them"));
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMinimumSize(160, 84);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, viewport(), qOverload<>(&QWidget::update));
    connect(&Theme::instance(), &Theme::changedTheme, this, [this] {
        m_painter.clear();
        build();
    });
}

void ArgumentPicture::setState(const StepStatePtr& state)
{
    m_state = state;
    build();
}

void ArgumentPicture::build()
{
    m_argument = {};
    m_content = {};
    m_layout = {};
    if (m_state) {
        const core::Snapshot& snapshot = *m_state->snapshot();
        m_content = frameContent(*m_state, std::string(core::leadingRule().name()));
        const int width = viewport()->width();
        m_argument
            = core::argumentOf(m_state->rules(), m_content, ArgumentLayout::maxCells(width, themeScale()));
        const QFontMetrics metrics = fontMetrics();
        ArgumentType type;
        type.width = width;
        type.line = metrics.height();
        type.scale = themeScale();
        type.textWidth = [metrics](const QString& text) { return metrics.horizontalAdvance(text); };
        type.levelName = [&](unsigned level) { return tableOf(snapshot.paging(), level); };
        type.numberKind = snapshot.xen() ? QStringLiteral("pfn ") : QString();
        m_layout = ArgumentLayout(m_argument, type);
        // Two fifths of a picture that just fits grow with it.
        if (const int spare = viewport()->height() - m_layout.height(); spare > 0 && !m_layout.empty()) {
            type.stretch = std::min(maxStretch, 1.0 + 2.2 * spare / m_layout.height());
            m_layout = ArgumentLayout(m_argument, type);
        }
    }
    verticalScrollBar()->setRange(0, std::max(0, m_layout.height() - viewport()->height()));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(fontMetrics().height());
    // The cursor stays where it is as steps go by, if that is there still.
    if (m_layout.rectOf(m_cursor).isNull())
        m_cursor = {};
    showCursor();
    emit rebuilt();
}

QRect ArgumentPicture::rectOf(ArgumentItem item) const
{
    const QRect rect = m_layout.rectOf(item);
    return rect.isNull() ? rect : rect.translated(0, -verticalScrollBar()->value());
}

QString ArgumentPicture::cursorText() const
{
    return m_state && !m_layout.empty() ? itemText(*m_state, m_argument, m_cursor) : QString();
}

/// In place of the picture: what it waits for.
QString ArgumentPicture::waitingText() const
{
    return m_state ? QString::fromStdString(m_argument.text)
                   : tr("Open a recording or attach to a guest: its early page-table buffer is drawn here");
}

std::optional<ArgumentItem> ArgumentPicture::itemOf(core::FrameNumber frame) const
{
    const auto page = m_state ? m_state->snapshot()->guestFrame(frame) : std::nullopt;
    if (const auto cell = page ? m_argument.cellOf(*page) : std::nullopt)
        return ArgumentItem{ArgumentItem::Kind::Cell, *cell};
    const auto& nodes = m_argument.tables.nodes;
    const auto node = std::find_if(
        nodes.begin(), nodes.end(), [&](const core::TableGraph::Node& n) { return n.frame == frame; });
    if (node == nodes.end())
        return std::nullopt;
    return ArgumentItem{ArgumentItem::Kind::Table, static_cast<std::size_t>(node - nodes.begin())};
}

void ArgumentPicture::setCurrent(std::optional<core::FrameNumber> frame)
{
    m_current = frame;
    const auto at = m_state ? frameOf(*m_state->snapshot(), m_argument, m_cursor) : std::nullopt;
    // What was chosen here is where the cursor is already, be it a cell or a table.
    if (frame && at != frame)
        if (const auto item = itemOf(*frame); item && !m_layout.rectOf(*item).isNull())
            m_cursor = *item;
    showCursor();
}

void ArgumentPicture::showCursor()
{
    setAccessibleDescription(m_layout.empty() ? waitingText() : cursorText());
    viewport()->update();
    emit cursorMoved();
}

void ArgumentPicture::moveCursor(ArgumentItem item)
{
    m_cursor = item;
    const QRect rect = rectOf(item);
    if (!rect.isNull() && (rect.top() < 0 || rect.bottom() >= viewport()->height()))
        verticalScrollBar()->setValue(
            verticalScrollBar()->value() + rect.center().y() - viewport()->height() / 2);
    showCursor();
}

void ArgumentPicture::choose(ArgumentItem item)
{
    if (!m_state)
        return;
    // A page that the domain does not have cannot be chosen: it lies nowhere.
    if (const auto frame = frameOf(*m_state->snapshot(), m_argument, item))
        emit chosen(*frame);
}

void ArgumentPicture::mousePressEvent(QMouseEvent* event)
{
    const auto item = m_layout.at(event->pos() + QPoint(0, verticalScrollBar()->value()));
    if (event->button() != Qt::LeftButton || !item)
        return;
    moveCursor(*item);
    choose(*item);
}

void ArgumentPicture::keyPressEvent(QKeyEvent* event)
{
    using Direction = ArgumentLayout::Direction;
    static constexpr std::pair<int, Direction> moves[] = {{Qt::Key_Left, Direction::Left},
        {Qt::Key_Right, Direction::Right}, {Qt::Key_Up, Direction::Up}, {Qt::Key_Down, Direction::Down},
        {Qt::Key_Home, Direction::First}, {Qt::Key_End, Direction::Last}};
    const auto move = std::find_if(
        std::begin(moves), std::end(moves), [&](const auto& m) { return m.first == event->key(); });
    if (move != std::end(moves) && !m_layout.empty())
        return moveCursor(m_layout.moved(m_cursor, move->second));
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        return choose(m_cursor);
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

QString ArgumentPicture::tooltipAt(QPoint point) const
{
    const auto item = m_layout.at(point);
    if (!m_state || !item)
        return {};
    QString text = itemText(*m_state, m_argument, *item).toHtmlEscaped();
    for (std::size_t band = 0; band < m_argument.bands.size(); ++band)
        if (m_layout.band(band).contains(point))
            text = QStringLiteral("<b>%1</b><br>%2").arg(bandText(m_argument, band).toHtmlEscaped(), text);
    // Of a cell of several pages, the one under the pointer.
    const QRect rect = m_layout.rectOf(*item);
    if (item->kind == ArgumentItem::Kind::Cell && m_argument.order != 0 && rect.width() > 0) {
        const core::GuestFrameRange pages = m_argument.cells[item->index].pages;
        const auto into = static_cast<std::uint64_t>(std::max(0, point.x() - rect.left()));
        const core::GuestFrame page = pages.begin
            + std::min(pages.bytes() - 1, pages.bytes() * into / static_cast<std::uint64_t>(rect.width()));
        const auto frame = m_state->snapshot()->frame(page);
        text += QStringLiteral("<br>")
            + tr("here: %1%2")
                  .arg(pageText(*m_state->snapshot(), page),
                      frame ? QStringLiteral(", ") + frameDescription(*m_state, *frame).toHtmlEscaped()
                            : QString());
    }
    return QStringLiteral("<qt>%1</qt>").arg(text);
}

bool ArgumentPicture::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const QString text = tooltipAt(help->pos() + QPoint(0, verticalScrollBar()->value()));
        if (text.isEmpty())
            QToolTip::hideText();
        else
            QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void ArgumentPicture::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    build();
}

void ArgumentPicture::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
    emit focused(true);
}

void ArgumentPicture::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
    // A menu, or another window, leaves it here.
    if (event->reason() != Qt::ActiveWindowFocusReason && event->reason() != Qt::PopupFocusReason)
        emit focused(false);
}

void ArgumentPicture::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    const Theme& theme = Theme::instance();
    painter.fillRect(viewport()->rect(), theme.panel());
    if (m_layout.empty()) {
        painter.setPen(theme.mutedText());
        painter.drawText(
            viewport()->rect().adjusted(12, 0, -12, 0), Qt::AlignCenter | Qt::TextWordWrap, waitingText());
        return;
    }
    painter.translate(0, -verticalScrollBar()->value());
    drawStrip(painter);
    for (std::size_t band = 0; band < m_argument.bands.size(); ++band)
        drawBand(painter, band);
    drawMarks(painter);
    drawBandLabels(painter);
    drawLines(painter);
    drawTables(painter);
    drawPlaces(painter);
}

void ArgumentPicture::drawStrip(QPainter& painter)
{
    painter.setOpacity(isDead() ? deadOpacity : 1);
    for (std::size_t i = 0; i < m_argument.cells.size(); ++i) {
        TintedCell cell;
        static_cast<core::FrameCell&>(cell) = m_argument.cells[i];
        m_painter.draw(painter, m_layout.cells()[i], cell);
    }
    painter.setOpacity(1);
    painter.setPen(QPen(Theme::instance().mutedText(), 1, isDead() ? Qt::DashLine : Qt::SolidLine));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(m_layout.strip().adjusted(-1, -1, 0, 0));
}

void ArgumentPicture::drawMarks(QPainter& painter) const
{
    const Theme& theme = Theme::instance();
    const QColor colour = isDead() ? theme.mutedText() : theme.text();
    const int bottom = m_layout.band(m_argument.bands.size() - 1).bottom();
    const int top = m_layout.strip().top() - 1;
    const int side = Theme::instance().scaled(5);
    painter.setFont(font());
    for (const ArgumentLayout::Mark& mark : m_layout.marks()) {
        painter.setPen(QPen(colour, 2, isDead() ? Qt::DashLine : Qt::SolidLine));
        painter.drawLine(mark.x, top - side, mark.x, bottom + 1);
        painter.setPen(colour);
        painter.drawText(mark.label, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, mark.text);
    }
    // Only the end moves: it alone has a head.
    const int x = m_layout.marks()[1].x;
    const QPoint head[] = {{x, top}, {x - side, top - side - 2}, {x + side, top - side - 2}};
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.drawPolygon(head, 3);
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void ArgumentPicture::drawBand(QPainter& painter, std::size_t band) const
{
    const Theme& theme = Theme::instance();
    painter.setPen(QPen(theme.mutedText(), 1, m_argument.rulesApply() ? Qt::SolidLine : Qt::DashLine));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(m_layout.band(band).adjusted(0, 0, -1, -1));
    QRect filled;
    for (std::size_t i = 0; i < m_argument.cells.size(); ++i)
        filled |= m_layout.protectedPart(m_argument, band, i);
    if (!filled.isNull())
        drawProtected(painter, filled);
    drawOutlines(painter, band);
}

/// Over the markers: none of them runs through a letter.
void ArgumentPicture::drawBandLabels(QPainter& painter) const
{
    const Theme& theme = Theme::instance();
    painter.setFont(font());
    for (std::size_t band = 0; band < m_argument.bands.size(); ++band) {
        QRect label = m_layout.bandLabel(band);
        const QString text
            = painter.fontMetrics().elidedText(bandText(m_argument, band), Qt::ElideRight, label.width());
        label.setWidth(painter.fontMetrics().horizontalAdvance(text) + 2);
        painter.fillRect(label, theme.panel());
        painter.setPen(m_argument.rulesApply() ? theme.text() : theme.mutedText());
        painter.drawText(label, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, text);
    }
}

/// One outline for neighbouring cells that have the same mappings and the same ground.
void ArgumentPicture::drawOutlines(QPainter& painter, std::size_t band) const
{
    const auto groundOf
        = [&](std::size_t cell) { return !m_layout.protectedPart(m_argument, band, cell).isNull(); };
    const auto kindOf = [&](std::size_t cell) {
        return std::min(m_argument.cells[cell].access, core::PageAccess::Writable);
    };
    for (std::size_t first = 0; first < m_argument.cells.size();) {
        std::size_t next = first + 1;
        while (next < m_argument.cells.size() && kindOf(next) == kindOf(first)
            && groundOf(next) == groundOf(first))
            ++next;
        if (kindOf(first) >= core::PageAccess::Allowed)
            drawWritable(painter, m_layout.bandCell(band, first) | m_layout.bandCell(band, next - 1),
                kindOf(first), groundOf(first));
        first = next;
    }
}

void ArgumentPicture::drawLines(QPainter& painter) const
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(Theme::instance().mutedText(), 1));
    for (const QLine& edge : m_layout.edges())
        painter.drawLine(edge);
    for (const ArgumentLayout::Line& line : m_layout.lines()) {
        painter.setPen(linePen(line.access));
        painter.drawLine(line.from, line.to);
        painter.drawLine(line.left, line.to.y(), line.right, line.to.y());
        painter.drawLine(line.left, line.to.y(), line.left, line.to.y() - 3);
        painter.drawLine(line.right, line.to.y(), line.right, line.to.y() - 3);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void ArgumentPicture::drawTables(QPainter& painter)
{
    const Theme& theme = Theme::instance();
    painter.setFont(font());
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.mutedText(), 1, Qt::DashLine));
    painter.drawRect(m_layout.detachedSide());
    for (std::size_t i = 0; i < m_layout.rows().size(); ++i) {
        const ArgumentLayout::Row& row = m_layout.rows()[i];
        painter.setPen(theme.mutedText());
        if (!row.detached)
            painter.drawText(m_layout.levelLabel(i), Qt::AlignLeft | Qt::AlignVCenter,
                tableOf(m_state->snapshot()->paging(), row.level));
        if (row.hidden != 0)
            painter.drawText(row.rest, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip,
                QStringLiteral("+%1").arg(row.hidden));
        for (const ArgumentLayout::Box& box : row.boxes) {
            const core::FrameNumber frame = m_argument.tables.nodes[box.node].frame;
            TintedCell cell = frameCells(m_content, frame, 0, 1).front();
            // A frame can be a table of several levels: here it is one of this row.
            cell.tables = 1;
            cell.tableLook = row.detached ? FrameLook::DetachedTable : FrameLook::Table;
            cell.levels = static_cast<std::uint8_t>(1U << row.level);
            m_painter.draw(painter, box.rect, cell);
        }
    }
    for (const bool detached : {false, true}) {
        const QRect place = m_layout.sideTitle(detached);
        painter.setFont(font());
        painter.setPen(theme.mutedText());
        painter.drawText(
            place, Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, sideText(m_argument, detached));
    }
}

/// The frame that is selected, as a cell and as a table, and the keyboard's place.
void ArgumentPicture::drawPlaces(QPainter& painter) const
{
    painter.setBrush(Qt::NoBrush);
    if (m_current) {
        painter.setPen(QPen(Theme::instance().text(), 2));
        const auto page = m_state->snapshot()->guestFrame(*m_current);
        if (const auto cell = page ? m_argument.cellOf(*page) : std::nullopt)
            painter.drawRect(m_layout.cells()[*cell].adjusted(-1, -1, 0, 0));
        for (const ArgumentLayout::Row& row : m_layout.rows())
            for (const ArgumentLayout::Box& box : row.boxes)
                if (m_argument.tables.nodes[box.node].frame == *m_current)
                    painter.drawRect(box.rect.adjusted(-1, -1, 0, 0));
    }
    if (const QRect rect = m_layout.rectOf(m_cursor); hasFocus() && !rect.isNull())
        drawFocus(painter, QRectF(rect).adjusted(-2, -2, 1, 1));
}

} // namespace pgtscope::views
