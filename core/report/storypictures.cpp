// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/storypictures.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "core/base/numbers.h"
#include "core/report/framelooks.h"

namespace pgtscope::core {

namespace {

using nlohmann::json;

constexpr std::size_t mapColumns = 64;
constexpr std::size_t mostMapCells = mapColumns * 20;
constexpr std::size_t mostBufferCells = 1024;
/// Tables of one level that are drawn; the rest is counted.
constexpr std::size_t mostNodes = 256;
constexpr std::size_t mostEdges = 4096;

char letterOf(FrameLook look)
{
    constexpr std::string_view letters = ".TDRHxodbi_"; // by FrameLook
    static_assert(letters.size() == frameLookCount);
    return letters[static_cast<std::size_t>(look)];
}

char letterOf(const FrameCell& cell) { return cell.outside ? ' ' : letterOf(cell.look); }

/// "....xx" as ".4x2".
std::string counted(const std::string& letters)
{
    std::string text;
    for (std::size_t at = 0; at < letters.size();) {
        const std::size_t end = std::min(letters.find_first_not_of(letters[at], at), letters.size());
        text += letters[at] + std::to_string(end - at);
        at = end;
    }
    return text;
}

std::pair<json, json> marksOf(const std::vector<FrameCell>& cells)
{
    json marks = json::array();
    json changed = json::array();
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i].finding)
            marks.push_back({i, static_cast<unsigned>(*cells[i].finding)});
        if (cells[i].changed)
            changed.push_back(i);
    }
    return {marks, changed};
}

json mapOf(const std::vector<FrameCell>& cells)
{
    std::string letters;
    json tables = json::array();
    for (std::size_t i = 0; i < cells.size(); ++i) {
        letters += letterOf(cells[i]);
        if (cells[i].tables > 0)
            tables.push_back({i, std::clamp(static_cast<int>(std::lround(cells[i].tables * 8)), 1, 8),
                cells[i].tableLook == FrameLook::DetachedTable ? 1 : 0});
    }
    return {{"looks", counted(letters)}, {"tables", tables}};
}

/// The digit of the table's level, "+" for several, "-" for no table.
char levelLetter(std::uint8_t levels)
{
    char letter = '-';
    for (unsigned level = 1; level <= maxLevels; ++level)
        if ((levels >> level & 1) != 0)
            letter = letter == '-' ? static_cast<char>('0' + level) : '+';
    return letter;
}

/// How the frames of one cell are mapped, the most permissive of them counting.
char accessOf(const FrameMappings& mappings, FrameNumber first, std::uint64_t frames)
{
    const auto& known = mappings.frames();
    auto at = std::lower_bound(known.begin(), known.end(), first);
    char access = '-';
    for (; at != known.end() && *at - first < frames; ++at) {
        const MappingTally tally = mappings.tally(static_cast<std::size_t>(at - known.begin()));
        if (tally.writable != 0)
            return 'w';
        if (tally.entries != 0)
            access = 'r';
    }
    return access;
}

/// The newest epoch, if its values make sense.
const PgtBufEpoch* newestEpoch(const PageTableBuffer& buffer)
{
    if (buffer.epochs.empty())
        return nullptr;
    const PgtBufEpoch& epoch = buffer.epochs.back();
    return epoch.start < epoch.top && epoch.start <= epoch.end && epoch.end <= epoch.top ? &epoch : nullptr;
}

std::uint64_t cellsFor(std::uint64_t frames, unsigned order)
{
    return (frames >> order) + ((frames & ((1ULL << order) - 1)) != 0 ? 1 : 0);
}

unsigned orderFor(std::uint64_t frames, std::size_t mostCells)
{
    unsigned order = 0;
    while (cellsFor(frames, order) > mostCells)
        ++order;
    return order;
}

struct BufferPicture {
    json picture; ///< Null without a buffer.
    json marks = json::array();
    json changed = json::array();
};

BufferPicture bufferPicture(const RuleContext& context, const FrameContent& content)
{
    const PgtBufEpoch* epoch = newestEpoch(context.pgtBuf());
    if (epoch == nullptr)
        return {};
    const std::uint64_t size = epoch->top - epoch->start;
    const unsigned order = orderFor(size, mostBufferCells);
    const auto cells
        = frameCells(content, epoch->start, order, static_cast<std::size_t>(cellsFor(size, order)));
    std::string looks;
    std::string levels;
    std::string access;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const bool table = cells[i].tables > 0;
        looks += table ? letterOf(cells[i].tableLook) : letterOf(cells[i]);
        levels += levelLetter(cells[i].levels);
        access
            += accessOf(context.bufferMappings(), epoch->start + (std::uint64_t{i} << order), 1ULL << order);
    }
    BufferPicture buffer;
    std::tie(buffer.marks, buffer.changed) = marksOf(cells);
    buffer.picture = {{"start", hexText(epoch->start.value)}, {"end", hexText(epoch->end.value)},
        {"top", hexText(epoch->top.value)}, {"used", epoch->end - epoch->start}, {"size", size},
        {"order", order}, {"looks", looks}, {"levels", levels}, {"access", access}};
    return buffer;
}

/// The tables as nodes, level by level, with the entries that lead from one to another.
class TableGraph {
public:
    explicit TableGraph(const Snapshot& snapshot)
        : m_snapshot(snapshot)
    {
        const Paging& paging = snapshot.paging();
        for (unsigned level = paging.levels(); level >= 1; --level)
            addLevel(level);
        for (const auto& [table, node] : m_nodeOf)
            addEdges(table, node);
    }

    json picture() const
    {
        if (m_nodes.empty())
            return nullptr;
        return {{"levels", m_levels}, {"nodes", m_nodes}, {"edges", m_edges}};
    }

    /// Of the nodes, by what their frames have.
    std::pair<json, json> marks(const FrameContent& content) const
    {
        json marks = json::array();
        json changed = json::array();
        for (const auto& [table, node] : m_nodeOf) {
            const FrameNumber frame = m_snapshot.table(table).frame();
            const auto found = std::lower_bound(content.findings.begin(), content.findings.end(), frame,
                [](const auto& finding, FrameNumber f) { return finding.first < f; });
            if (found != content.findings.end() && found->first == frame)
                marks.push_back({node, static_cast<unsigned>(found->second)});
            if (std::binary_search(content.changed.begin(), content.changed.end(), frame))
                changed.push_back(node);
        }
        return {marks, changed};
    }

private:
    void addLevel(unsigned level)
    {
        const std::size_t position = m_levels.size();
        std::size_t count = 0;
        for (TableId id = 0; id < m_snapshot.tables().size(); ++id) {
            const Table& table = m_snapshot.table(id);
            if (table.level != level || !table.page || count++ >= mostNodes)
                continue;
            m_nodeOf.emplace(id, m_nodes.size());
            m_nodes.push_back(
                {position, hexText(table.frame().value), table.origin == TableOrigin::Detached ? 1 : 0});
        }
        m_levels.push_back({m_snapshot.paging().names(level).intel, count});
    }

    void addEdges(TableId id, std::size_t node)
    {
        const Paging& paging = m_snapshot.paging();
        const Table& table = m_snapshot.table(id);
        std::size_t last = m_nodes.size();
        for (unsigned i = 0; table.level > 1 && i < paging.at(table.level).entries; ++i) {
            const Entry entry = table.entry(paging, i);
            if (!entry.isTable() || entry.reserved != 0 || m_edges.size() >= mostEdges)
                continue;
            const auto child = m_nodeOf.find(m_snapshot.find(entry.target, table.level - 1U));
            // One line to a table that neighbouring entries share.
            if (child != m_nodeOf.end() && child->second != last) {
                last = child->second;
                m_edges.push_back({node, last});
            }
        }
    }

    const Snapshot& m_snapshot;
    std::map<TableId, std::size_t> m_nodeOf;
    json m_levels = json::array();
    json m_nodes = json::array();
    json m_edges = json::array();
};

} // namespace

StoryPictures::StoryPictures(FrameNumber memoryEnd)
    : m_order(orderFor(std::max<std::uint64_t>(memoryEnd.value, 1), mostMapCells))
    , m_cells(static_cast<std::size_t>(cellsFor(std::max<std::uint64_t>(memoryEnd.value, 1), m_order)))
{
}

json StoryPictures::mapShape() const
{
    return {{"order", m_order}, {"columns", mapColumns}, {"cells", m_cells}};
}

json StoryPictures::step(const StoryStep& story, const RuleContext& context, const RuleReport& report)
{
    const FrameContent content
        = frameContent(context.roles(), context.pgtBuf(), std::span(&report, 1), story.changes);
    const auto cells = frameCells(content, FrameNumber(0), m_order, m_cells);
    json step{{"n", story.step.number}, {"entries", story.changes.entries.size()},
        {"violations", report.count(FindingState::Violation)},
        {"pending", report.count(FindingState::Pending)}, {"hypothetical", report.hypothetical}};
    const auto [mapMarks, mapChanged] = marksOf(cells);
    keepIfNew(step, "map", mapOf(cells));
    keepIfNew(step, "mapMarks", mapMarks);
    keepIfNew(step, "mapChanged", mapChanged);
    BufferPicture buffer = bufferPicture(context, content);
    keepIfNew(step, "buf", std::move(buffer.picture));
    keepIfNew(step, "bufMarks", std::move(buffer.marks));
    keepIfNew(step, "bufChanged", std::move(buffer.changed));
    const TableGraph graph(context.snapshot());
    const auto [tableMarks, tableChanged] = graph.marks(content);
    keepIfNew(step, "tables", graph.picture());
    keepIfNew(step, "tableMarks", tableMarks);
    keepIfNew(step, "tableChanged", tableChanged);
    return step;
}

void StoryPictures::keepIfNew(json& step, const char* key, json value)
{
    const auto last = m_last.find(key);
    if (last != m_last.end() && *last == value)
        return;
    m_last[key] = value;
    step[key] = std::move(value);
}

} // namespace pgtscope::core
