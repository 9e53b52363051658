// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/storypictures.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/base/numbers.h"
#include "core/report/argument.h"
#include "core/report/framelooks.h"

namespace pgtscope::core {

namespace {

using nlohmann::json;

constexpr std::size_t mapColumns = 64;
constexpr std::size_t maxMapCells = mapColumns * 20;
constexpr std::size_t maxBufferCells = 1024;

char letterOf(FrameLook look)
{
    constexpr std::string_view letters = ".TDRHxodbi_"; // by FrameLook
    static_assert(letters.size() == frameLookCount);
    return letters[static_cast<std::size_t>(look)];
}

char letterOf(const FrameCell& cell) { return cell.outside ? ' ' : letterOf(cell.look); }

/// "....xx" as ".4x2".
std::string countedText(const std::string& letters)
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
    return {{"looks", countedText(letters)}, {"tables", tables}};
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

std::uint64_t cellsFor(std::uint64_t frames, unsigned order)
{
    return (frames >> order) + ((frames & ((1ULL << order) - 1)) != 0 ? 1 : 0);
}

unsigned orderFor(std::uint64_t frames, std::size_t maxCells)
{
    unsigned order = 0;
    while (cellsFor(frames, order) > maxCells)
        ++order;
    return order;
}

struct BufferPicture {
    json picture; ///< Null without a buffer.
    json marks = json::array();
    json changed = json::array();
};

/// "-" for no mapping, "r" read-only, "a" writable as both rules allow, "w" writable, "d" writable from a
/// detached table.
char letterOf(PageAccess access)
{
    constexpr std::string_view letters = "-rawd"; // by PageAccess
    return letters[static_cast<std::size_t>(access)];
}

std::string_view stageOf(PgtBufTrust trust)
{
    return trust == PgtBufTrust::Live ? "live" : trust == PgtBufTrust::Stale ? "dead" : "over";
}

json bandsOf(const Argument& argument)
{
    json bands = json::array();
    for (const ArgumentBand& band : argument.bands)
        bands.push_back(
            {{"name", band.name}, {"protects", band.protects.bytes()}, {"unprotected", band.unprotected}});
    return bands;
}

BufferPicture bufferPicture(const Argument& argument)
{
    if (!argument.epoch)
        return {};
    std::string looks;
    std::string levels;
    std::string access;
    for (const ArgumentCell& cell : argument.cells) {
        looks += cell.tables > 0 ? letterOf(cell.tableLook) : letterOf(cell);
        levels += levelLetter(cell.levels);
        access += letterOf(cell.access);
    }
    const PgtBufEpoch& epoch = *argument.epoch;
    BufferPicture buffer;
    std::tie(buffer.marks, buffer.changed)
        = marksOf(std::vector<FrameCell>(argument.cells.begin(), argument.cells.end()));
    buffer.picture = {{"start", hexText(epoch.start.value)}, {"end", hexText(epoch.end.value)},
        {"top", hexText(epoch.top.value)}, {"used", epoch.end - epoch.start}, {"size", argument.size()},
        {"order", argument.order}, {"looks", looks}, {"levels", levels}, {"access", access},
        {"stage", stageOf(argument.trust)}, {"bands", bandsOf(argument)}, {"text", argument.text}};
    return buffer;
}

json tablesPicture(const TableGraph& graph, const Paging& paging)
{
    if (graph.nodes.empty())
        return nullptr;
    json levels = json::array();
    for (const TableGraph::Level& level : graph.levels)
        levels.push_back({paging.names(level.level).intelTable(), level.tables()});
    json nodes = json::array();
    for (const TableGraph::Node& node : graph.nodes)
        nodes.push_back({node.level, hexText(node.frame.value), node.detached ? 1 : 0});
    json edges = json::array();
    for (const auto& [from, to] : graph.edges)
        edges.push_back({from, to});
    return {{"levels", levels}, {"nodes", nodes}, {"edges", edges}};
}

/// Of the nodes, by what their frames have.
std::pair<json, json> marksOf(const TableGraph& graph, const FrameContent& content)
{
    json marks = json::array();
    json changed = json::array();
    for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
        const FrameNumber frame = graph.nodes[node].frame;
        const auto found = std::lower_bound(content.findings.begin(), content.findings.end(), frame,
            [](const auto& finding, FrameNumber f) { return finding.first < f; });
        if (found != content.findings.end() && found->first == frame)
            marks.push_back({node, static_cast<unsigned>(found->second)});
        if (std::binary_search(content.changed.begin(), content.changed.end(), frame))
            changed.push_back(node);
    }
    return {marks, changed};
}

} // namespace

StoryPictures::StoryPictures(FrameNumber memoryEnd)
    : m_order(orderFor(std::max<std::uint64_t>(memoryEnd.value, 1), maxMapCells))
    , m_cells(static_cast<std::size_t>(cellsFor(std::max<std::uint64_t>(memoryEnd.value, 1), m_order)))
{
}

json StoryPictures::mapShape() const
{
    return {{"order", m_order}, {"columns", mapColumns}, {"cells", m_cells}};
}

json StoryPictures::step(const StoryStep& story, const RuleContext& context, const RuleReport& report)
{
    const FrameContent content = frameContent(context.roles(), std::span(&report, 1), story.changes);
    const auto cells = frameCells(content, FrameNumber(0), m_order, m_cells);
    json step{{"n", story.step.number}, {"entries", story.changes.entries.size()},
        {"violations", report.totals.of(FindingState::Violation, Standing::Broken)},
        {"pending", report.totals.of(FindingState::Pending, Standing::Expected)},
        {"hypothetical", hypotheticalPages(std::span(&report, 1))}};
    const auto [mapMarks, mapChanged] = marksOf(cells);
    addIfNew(step, "map", mapOf(cells));
    addIfNew(step, "mapMarks", mapMarks);
    addIfNew(step, "mapChanged", mapChanged);
    const Argument argument = argumentOf(context, content, maxBufferCells);
    BufferPicture buffer = bufferPicture(argument);
    addIfNew(step, "buf", std::move(buffer.picture));
    addIfNew(step, "bufMarks", std::move(buffer.marks));
    addIfNew(step, "bufChanged", std::move(buffer.changed));
    const auto [tableMarks, tableChanged] = marksOf(argument.tables, content);
    addIfNew(step, "tables", tablesPicture(argument.tables, context.paging()));
    addIfNew(step, "tableMarks", tableMarks);
    addIfNew(step, "tableChanged", tableChanged);
    return step;
}

void StoryPictures::addIfNew(json& step, const char* key, json value)
{
    const auto last = m_last.find(key);
    if (last != m_last.end() && *last == value)
        return;
    m_last[key] = value;
    step[key] = std::move(value);
}

} // namespace pgtscope::core
