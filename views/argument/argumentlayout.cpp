// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/argument/argumentlayout.h"

#include <algorithm>
#include <cmath>

#include "views/argument/argumenttext.h"

namespace pgtscope::views {

namespace {

constexpr int margin = 8;
constexpr int leastCell = 7; // in which a glyph can still be read
constexpr int widestCell = 200;
constexpr int stripHeight = 26;
constexpr int bandHeight = 13;
constexpr int belowStrip = 3;
constexpr int forLines = 24; // between the bands and the tables
constexpr int boxSide = 15;
constexpr int betweenBoxes = 3;
constexpr int betweenRows = 6;
constexpr int betweenSides = 16;
constexpr double reachableShare = 0.55;

/// The gravest way in which each node maps the buffer; NotMapped for one that does not.
std::vector<core::PageAccess> accessOfNodes(const core::Argument& argument)
{
    std::vector<core::PageAccess> access(argument.tables.nodes.size(), core::PageAccess::NotMapped);
    for (const core::ArgumentLink& link : argument.links)
        access[link.node] = std::max(access[link.node], link.access);
    return access;
}

/// A text of `wide` pixels that is wrapped between words to `room`: a line is not always filled.
int linesFor(int wide, int room)
{
    constexpr int most = 4;
    return wide <= room ? 1 : std::min(most, 1 + wide * 5 / 4 / room);
}

QString restText(std::size_t tables) { return QStringLiteral("+%1").arg(tables); }

QString numberOf(core::GuestFrame page) { return QStringLiteral("0x") + QString::number(page.value, 16); }

} // namespace

int ArgumentLayout::scaled(int pixels) const { return static_cast<int>(std::lround(pixels * m_scale)); }

int ArgumentLayout::stretched(int pixels) const
{
    return static_cast<int>(std::lround(pixels * m_scale * m_stretch));
}

std::size_t ArgumentLayout::maxCells(int width, double scale)
{
    const int fit = (width - 2 * margin) / std::max(1, static_cast<int>(std::lround(leastCell * scale)));
    return static_cast<std::size_t>(std::max(1, fit));
}

ArgumentLayout::ArgumentLayout(const core::Argument& argument, const ArgumentType& type)
    : m_scale(type.scale)
    , m_stretch(type.stretch)
{
    if (argument.cells.empty())
        return;
    const int count = static_cast<int>(argument.cells.size());
    const int wide = std::clamp(type.width - 2 * margin, count, count * widestCell);
    const int top = margin + type.line + scaled(8);
    m_strip = QRect(margin, top, wide, stretched(stripHeight));
    for (int i = 0; i < count; ++i) {
        const int left = margin + static_cast<int>(std::int64_t{wide} * i / count);
        const int right = margin + static_cast<int>(std::int64_t{wide} * (i + 1) / count);
        m_cells.emplace_back(left, top, right - left, m_strip.height());
    }
    int y = placeMarks(argument, type);
    y = placeBands(type, y);
    placeTables(argument, type, y);
    placeLines(argument);
}

/// Start and top are written at the edges, end between them near its border. Returns what is below.
int ArgumentLayout::placeMarks(const core::Argument& argument, const ArgumentType& type)
{
    const core::PgtBufEpoch& epoch = *argument.epoch;
    const auto text = [&](const char* name, core::GuestFrame page) {
        return QLatin1String(name) + QLatin1Char(' ') + type.numberKind + numberOf(page);
    };
    const int right = m_strip.right() + 1;
    // The end may lie within a cell of several pages.
    int x = right;
    if (const auto cell = argument.cellOf(epoch.end)) {
        const core::GuestFrameRange pages = argument.cells[*cell].pages;
        const double share
            = static_cast<double>(epoch.end - pages.begin) / static_cast<double>(pages.bytes());
        x = m_cells[*cell].left() + static_cast<int>(std::lround(share * m_cells[*cell].width()));
    }
    m_marks = {Mark{text("start", epoch.start), m_strip.left(), {}}, Mark{text("end", epoch.end), x, {}},
        Mark{text("top", epoch.top), right, {}}};
    const auto widthOf = [&](const Mark& mark) { return type.textWidth(mark.text) + 2; };
    const int gap = scaled(10);
    const int edge = std::max(type.width - margin, right);
    const auto place
        = [&](Mark& mark, int left) { mark.label = QRect(left, margin - 2, widthOf(mark), type.line); };
    place(m_marks[0], m_strip.left());
    // A short strip has no room for three texts above it: they go on after it.
    const int endLeft = m_marks[0].label.right() + 1 + gap;
    const int topLeft = std::max(right - widthOf(m_marks[2]), endLeft + widthOf(m_marks[1]) + gap);
    place(m_marks[2], std::min(topLeft, std::max(edge - widthOf(m_marks[2]), m_strip.left())));
    place(m_marks[1],
        std::max(endLeft, std::min(x - widthOf(m_marks[1]) / 2, topLeft - gap - widthOf(m_marks[1]))));
    return m_strip.bottom() + 1 + scaled(belowStrip);
}

int ArgumentLayout::placeBands(const ArgumentType& type, int top)
{
    int y = top;
    const int left = margin + scaled(6); // beside the marker of the start
    for (std::size_t i = 0; i < m_bands.size(); ++i) {
        m_bandLabels[i] = QRect(left, y, std::max(1, type.width - margin - left), type.line);
        y += type.line;
        m_bands[i] = QRect(m_strip.left(), y, m_strip.width(), stretched(bandHeight));
        y += stretched(bandHeight) + scaled(belowStrip);
    }
    return y;
}

void ArgumentLayout::placeTables(const core::Argument& argument, const ArgumentType& type, int top)
{
    const auto& levels = argument.tables.levels;
    for (const core::TableGraph::Level& level : levels)
        m_levelWidth = std::max(m_levelWidth, type.textWidth(type.levelName(level.level)) + scaled(6));
    const int left = margin + m_levelWidth;
    const int whole = std::max(0, type.width - margin - left);
    const int reachable = static_cast<int>(std::lround(whole * reachableShare)) - scaled(betweenSides) / 2;
    const int right = left + reachable + scaled(betweenSides);
    const int pad = scaled(4);
    int y = top + stretched(forLines);
    const int first = y;
    for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
        for (const bool detached : {false, true}) {
            Row row{level->level, detached, {}, detached ? level->detached : level->reachable, {}};
            const int x = detached ? right + pad : left;
            const int wide = detached ? left + whole - x - pad : reachable;
            fillRow(argument, type, row, {x, y, std::max(0, wide), scaled(boxSide)});
            m_rows.push_back(std::move(row));
        }
        y += scaled(boxSide) + stretched(betweenRows);
    }
    m_detachedSide = QRect(right, first - pad, std::max(0, left + whole - right), y - first + pad);
    // What does not fit into a line is wrapped, never cut.
    int lines = 1;
    for (const bool side : {false, true}) {
        const int wide = std::max(1, side ? left + whole - right : right - margin - pad);
        m_titles[side ? 1 : 0] = QRect(side ? right : margin, y + 2, wide, 0);
        lines = std::max(lines, linesFor(type.textWidth(sideText(argument, side)), wide));
    }
    for (QRect& title : m_titles)
        title.setHeight(lines * type.line);
    m_height = y + 2 + lines * type.line + margin;
}

/// Where not all have room, those that map the buffer are drawn first, and of them the gravest.
void ArgumentLayout::fillRow(const core::Argument& argument, const ArgumentType& type, Row& row, QRect place)
{
    const std::vector<core::PageAccess> access = accessOfNodes(argument);
    std::vector<std::size_t> nodes;
    for (std::size_t i = 0; i < argument.tables.nodes.size(); ++i) {
        const core::TableGraph::Node& node = argument.tables.nodes[i];
        if (argument.tables.levels[node.level].level == row.level && node.detached == row.detached)
            nodes.push_back(i);
    }
    const int pitch = scaled(boxSide) + scaled(betweenBoxes);
    const std::size_t tables = row.hidden; // all of them, so far
    const auto room = [&](int width) { return static_cast<std::size_t>(std::max(0, width / pitch)); };
    if (tables > room(place.width())) {
        const std::size_t fit = room(place.width() - type.textWidth(restText(9999)));
        std::stable_sort(
            nodes.begin(), nodes.end(), [&](std::size_t a, std::size_t b) { return access[a] > access[b]; });
        nodes.resize(std::min(nodes.size(), fit));
        std::sort(nodes.begin(), nodes.end());
    }
    row.hidden = tables - std::min(tables, nodes.size());
    int x = place.left();
    for (const std::size_t node : nodes) {
        row.boxes.push_back({node, {x, place.top(), place.height(), place.height()}});
        x += pitch;
    }
    row.rest = QRect(x, place.top(), std::max(0, place.right() + 1 - x), place.height());
}

QRect ArgumentLayout::levelLabel(std::size_t row) const
{
    const int y = m_rows[row].rest.top();
    return {margin, y, m_levelWidth, scaled(boxSide)};
}

QRect ArgumentLayout::boxOf(std::size_t node) const
{
    for (const Row& row : m_rows)
        for (const Box& box : row.boxes)
            if (box.node == node)
                return box.rect;
    return {};
}

void ArgumentLayout::placeLines(const core::Argument& argument)
{
    std::vector<QRect> boxes(argument.tables.nodes.size());
    for (const Row& row : m_rows)
        for (const Box& box : row.boxes)
            boxes[box.node] = box.rect;
    const int below = m_bands.back().bottom() + scaled(5);
    for (const core::ArgumentLink& link : argument.links) {
        const QRect box = boxes[link.node];
        if (box.isNull())
            continue;
        // Writable mappings have a bracket of their own above that of the others.
        const int y = link.access == core::PageAccess::ReadOnly ? below + scaled(5) : below;
        const int left = m_cells[link.firstCell].left() + 1;
        const int right = m_cells[link.lastCell].right() - 1;
        m_lines.push_back(
            {{box.center().x(), box.top() - 1}, {(left + right) / 2, y}, left, right, link.access});
    }
    // What is writable is drawn last, over the rest.
    std::stable_sort(
        m_lines.begin(), m_lines.end(), [](const Line& a, const Line& b) { return a.access < b.access; });
    for (const auto& [from, to] : argument.tables.edges)
        if (!boxes[from].isNull() && !boxes[to].isNull())
            m_edges.emplace_back(boxes[from].center().x(), boxes[from].top() - 1, boxes[to].center().x(),
                boxes[to].bottom() + 1);
}

QRect ArgumentLayout::bandCell(std::size_t which, std::size_t cell) const
{
    return {m_cells[cell].left(), m_bands[which].top(), m_cells[cell].width(), m_bands[which].height()};
}

QRect ArgumentLayout::protectedPart(const core::Argument& argument, std::size_t which, std::size_t cell) const
{
    const core::GuestFrameRange pages = argument.cells[cell].pages;
    const std::uint64_t held = argument.bands[which].protectedOf(pages);
    if (held == 0)
        return {};
    // What is protected begins at the buffer's start: a part of a cell is its left one.
    QRect rect = bandCell(which, cell);
    const double share = static_cast<double>(held) / static_cast<double>(pages.bytes());
    rect.setWidth(std::max(1, static_cast<int>(std::lround(share * rect.width()))));
    return rect;
}

std::optional<ArgumentItem> ArgumentLayout::at(QPoint point) const
{
    const bool inCells = m_strip.contains(point)
        || std::any_of(m_bands.begin(), m_bands.end(), [&](const QRect& b) { return b.contains(point); });
    if (inCells) {
        const auto cell = std::find_if(m_cells.begin(), m_cells.end(),
            [&](const QRect& rect) { return point.x() >= rect.left() && point.x() <= rect.right(); });
        if (cell != m_cells.end())
            return ArgumentItem{ArgumentItem::Kind::Cell, static_cast<std::size_t>(cell - m_cells.begin())};
    }
    for (const Row& row : m_rows)
        for (const Box& box : row.boxes)
            if (box.rect.contains(point))
                return ArgumentItem{ArgumentItem::Kind::Table, box.node};
    return std::nullopt;
}

QRect ArgumentLayout::rectOf(ArgumentItem item) const
{
    if (item.kind == ArgumentItem::Kind::Table)
        return boxOf(item.index);
    return item.index < m_cells.size() ? m_cells[item.index] : QRect();
}

/// From above down: the cells, then the tables of each level, both sides in one row. None is empty.
std::vector<std::vector<ArgumentItem>> ArgumentLayout::keyboardRows() const
{
    std::vector<std::vector<ArgumentItem>> rows(1);
    for (std::size_t i = 0; i < m_cells.size(); ++i)
        rows.back().push_back({ArgumentItem::Kind::Cell, i});
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        if (i == 0 || m_rows[i].level != m_rows[i - 1].level)
            rows.emplace_back();
        for (const Box& box : m_rows[i].boxes)
            rows.back().push_back({ArgumentItem::Kind::Table, box.node});
    }
    std::erase_if(rows, [](const auto& row) { return row.empty(); });
    return rows;
}

ArgumentItem ArgumentLayout::moved(ArgumentItem from, Direction direction) const
{
    const auto rows = keyboardRows();
    if (rows.empty())
        return from;
    std::size_t row = 0;
    std::size_t column = 0;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (const auto found = std::find(rows[i].begin(), rows[i].end(), from); found != rows[i].end()) {
            row = i;
            column = static_cast<std::size_t>(found - rows[i].begin());
        }
    const std::size_t last = rows[row].size() - 1;
    switch (direction) {
    case Direction::Left:
        return rows[row][column == 0 ? 0 : column - 1];
    case Direction::Right:
        return rows[row][std::min(column + 1, last)];
    case Direction::First:
        return rows[row].front();
    case Direction::Last:
        return rows[row].back();
    case Direction::Up:
    case Direction::Down:
        break;
    }
    if (direction == Direction::Up ? row == 0 : row + 1 == rows.size())
        return rows[row][column];
    const auto& next = rows[direction == Direction::Up ? row - 1 : row + 1];
    const int x = rectOf(rows[row][column]).center().x();
    return *std::min_element(next.begin(), next.end(), [&](ArgumentItem a, ArgumentItem b) {
        return std::abs(rectOf(a).center().x() - x) < std::abs(rectOf(b).center().x() - x);
    });
}

} // namespace pgtscope::views
