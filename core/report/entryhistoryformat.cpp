// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/entryhistoryformat.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/model/frametext.h"

namespace pgtscope::core {

namespace {

/// Scripts know the removal of a table as "went".
std::string_view eventKey(EntryEventKind kind)
{
    return kind == EntryEventKind::Removed ? "went" : entryEventText(kind);
}

constexpr std::size_t eventsPrinted = 200;

std::string entryName(const Snapshot& snapshot, const TranslationStep& step, Dialect dialect)
{
    return std::string(levelName(snapshot.paging(), step.entry.level, dialect)) + " ["
        + std::to_string(step.index) + "] at " + physicalText(step.entryAddress) + " = "
        + hexText(step.entry.raw);
}

std::string writerText(const EntryWriter& writer, const HistoryNames& names)
{
    std::string text
        = (writer.symbol.empty() ? std::string("code") : writer.symbol) + " at " + hexText(writer.rip.value);
    if (const auto line = names.lines.find(writer.rip); line != names.lines.end())
        text += " (" + line->second + ")";
    return text;
}

std::string eventText(const EntryEvent& event, const HistoryNames& names)
{
    const EntryChange& change = event.change;
    std::string text = "step " + std::to_string(event.step) + "  " + std::string(entryEventText(event.kind));
    if (event.kind == EntryEventKind::Changed)
        text += " " + hexText(change.before) + " -> " + hexText(change.after);
    else if (event.kind == EntryEventKind::Appeared)
        text += " with its table";
    else if (event.kind != EntryEventKind::Removed)
        text += " " + hexText(change.after);
    if (change.writer)
        return text + " by " + writerText(*change.writer, names);
    const bool flags = event.kind == EntryEventKind::Changed && change.flagsOnly();
    return flags ? text + " by the processor's page walk" : text;
}

nlohmann::json eventJson(const EntryEvent& event, const HistoryNames& names)
{
    nlohmann::json json{{"step", event.step}, {"kind", eventKey(event.kind)},
        {"before", hexText(event.change.before)}, {"after", hexText(event.change.after)},
        {"writer", nullptr}};
    if (event.kind == EntryEventKind::Appeared)
        json["before"] = json["after"] = nullptr;
    if (const auto& writer = event.change.writer) {
        json["writer"] = {{"rip", hexText(writer->rip.value)}, {"symbol", writer->symbol},
            {"bytes", writer->bytes}, {"line", nullptr}};
        if (const auto line = names.lines.find(writer->rip); line != names.lines.end())
            json["writer"]["line"] = line->second;
    }
    return json;
}

nlohmann::json entryJson(const Snapshot& snapshot, const TranslationStep& step, const HistoryNames& names)
{
    return {{"level", step.entry.level},
        {"name", levelName(snapshot.paging(), step.entry.level, names.dialect)}, {"index", step.index},
        {"entry", hexText(step.entryAddress.value)}, {"value", hexText(step.entry.raw)}};
}

/// An entry whose table was removed.
TranslationStep lastSeen(const Paging& paging, const EntryChange& change)
{
    TranslationStep step;
    step.entryAddress = change.address;
    if (paging.enabled()) {
        const unsigned level = std::clamp(change.level(), 1U, paging.levels());
        step.entry = paging.decode(level, change.after);
        step.index = static_cast<unsigned>(change.address.value % frameBytes / paging.entryBytes());
    }
    return step;
}

/// Which table holds the entry that was asked for.
std::string holderText(const Snapshot& snapshot, const TranslationStep& step)
{
    if (step.table == noTable)
        return "in no table now";
    const Table& table = snapshot.table(step.table);
    const std::string level = " table of level " + std::to_string(table.level) + ", "
        + frameText(table.frame()) + guestFrameText(snapshot.xen(), table.frame());
    return table.origin == TableOrigin::Detached
        ? "in a detached" + level + ", which no walk from CR3 reaches"
        : "in a" + level;
}

/// The step, and what was asked for: a linear address or an entry.
nlohmann::json askedJson(const Snapshot& snapshot, const AddressHistory& history)
{
    nlohmann::json json{{"step", history.step}, {"linear", nullptr}};
    if (!history.entry) {
        json["linear"] = hexText(history.translation.linear.value);
        return json;
    }
    const TableId table = history.translation.steps.front().table;
    json["entry"] = hexText(history.entry->value);
    json["detached"] = table != noTable && snapshot.table(table).origin == TableOrigin::Detached;
    json["table"]
        = table == noTable ? nlohmann::json() : nlohmann::json(hexText(snapshot.table(table).address.value));
    return json;
}

std::string heading(const Snapshot& snapshot, const AddressHistory& history)
{
    if (history.entry)
        return "entry " + physicalText(*history.entry) + " at step " + std::to_string(history.step) + ", "
            + holderText(snapshot, history.translation.steps.front()) + '\n';
    return "linear " + hexText(history.translation.linear.value) + " at step " + std::to_string(history.step)
        + ", " + std::string(snapshot.paging().name())
        + (snapshot.paging().enabled() ? " paging, root " + physicalText(snapshot.root()) : " paging") + '\n';
}

} // namespace

Result<AddressHistory> addressHistory(
    const Timeline& timeline, StepNumber step, LinearAddress address, const CancelFlag* cancel)
{
    ASSIGN_OR_RETURN(const auto snapshot, timeline.snapshot(step));
    AddressHistory history;
    history.step = step;
    history.translation = translate(*snapshot, address);
    std::vector<PhysicalAddress> entries;
    for (const TranslationStep& level : history.translation.steps)
        entries.push_back(level.entryAddress);
    ASSIGN_OR_RETURN(auto histories, entryHistories(timeline, entries, step, cancel));
    history.histories = std::move(histories);
    return history;
}

Result<std::optional<AddressHistory>> entryHistory(
    const Timeline& timeline, StepNumber step, PhysicalAddress place, const CancelFlag* cancel)
{
    ASSIGN_OR_RETURN(const auto snapshot, timeline.snapshot(step));
    const Paging& paging = snapshot->paging();
    const auto held = paging.enabled() ? entryHeldAt(*snapshot, place) : std::nullopt;
    const unsigned bytes = std::max(paging.entryBytes(), 4U);
    const PhysicalAddress entry = held ? held->entryAddress : place - place.value % bytes;
    ASSIGN_OR_RETURN(auto histories, entryHistories(timeline, {&entry, 1}, step, cancel));
    const auto& events = histories.front();
    if (!held && events.empty())
        return std::nullopt;
    AddressHistory history;
    history.step = step;
    history.entry = entry;
    history.translation.steps.push_back(held ? *held : lastSeen(paging, events.back().change));
    history.histories = std::move(histories);
    return history;
}

std::set<LinearAddress> writersOf(const AddressHistory& history)
{
    std::set<LinearAddress> writers;
    for (const auto& events : history.histories)
        for (const EntryEvent& event : events)
            if (event.change.writer)
                writers.insert(event.change.writer->rip);
    return writers;
}

std::string blameText(const Snapshot& snapshot, const AddressHistory& history, const HistoryNames& names)
{
    std::string text = heading(snapshot, history);
    for (std::size_t i = 0; i < history.translation.steps.size(); ++i) {
        const TranslationStep& step = history.translation.steps[i];
        text += entryName(snapshot, step, names.dialect) + '\n';
        const EntryEvent* last = lastWrite(history.histories[i]);
        text += "    "
            + (last ? eventText(*last, names) : std::string("unchanged since the recording started")) + '\n';
    }
    return text;
}

nlohmann::json blameJson(const Snapshot& snapshot, const AddressHistory& history, const HistoryNames& names)
{
    nlohmann::json levels = nlohmann::json::array();
    for (std::size_t i = 0; i < history.translation.steps.size(); ++i) {
        nlohmann::json level = entryJson(snapshot, history.translation.steps[i], names);
        const EntryEvent* last = lastWrite(history.histories[i]);
        level["last"] = last ? eventJson(*last, names) : nlohmann::json();
        levels.push_back(std::move(level));
    }
    nlohmann::json json = askedJson(snapshot, history);
    json["levels"] = std::move(levels);
    return json;
}

std::string logText(const Snapshot& snapshot, const AddressHistory& history, const HistoryNames& names)
{
    std::string text = heading(snapshot, history);
    for (std::size_t i = 0; i < history.translation.steps.size(); ++i) {
        text += entryName(snapshot, history.translation.steps[i], names.dialect) + '\n';
        const auto& events = history.histories[i];
        const std::size_t from = events.size() > eventsPrinted ? events.size() - eventsPrinted : 0;
        if (events.empty())
            text += "    unchanged since the recording started\n";
        if (from != 0)
            text += "    " + countText(from, "older event") + (from == 1 ? " is" : " are")
                + " left out here; --json lists them all\n";
        for (std::size_t at = from; at < events.size(); ++at)
            text += "    " + eventText(events[at], names) + '\n';
    }
    return text;
}

nlohmann::json logJson(const Snapshot& snapshot, const AddressHistory& history, const HistoryNames& names)
{
    nlohmann::json entries = nlohmann::json::array();
    for (std::size_t i = 0; i < history.translation.steps.size(); ++i) {
        nlohmann::json entry = entryJson(snapshot, history.translation.steps[i], names);
        entry["events"] = nlohmann::json::array();
        for (const EntryEvent& event : history.histories[i])
            entry["events"].push_back(eventJson(event, names));
        entries.push_back(std::move(entry));
    }
    nlohmann::json json = askedJson(snapshot, history);
    json["entries"] = std::move(entries);
    return json;
}

std::string writersText(const std::vector<FunctionWrites>& writers)
{
    if (writers.empty())
        return "no writer information: record with every store (--grain write)\n";
    const auto right = [](std::uint64_t number) {
        const std::string text = groupedText(number);
        return std::string(text.size() < 11 ? 11 - text.size() : 1, ' ') + text;
    };
    std::string text
        = "    level 1    level 2    level 3    level 4    level 5      found   repeated  function\n";
    for (const FunctionWrites& writer : writers) {
        for (unsigned level = 1; level <= maxLevels; ++level)
            text += right(writer.changed[level]);
        text += right(writer.found) + right(writer.repeated) + "  "
            + (writer.function.empty() ? "(no symbol)" : writer.function) + '\n';
    }
    return text
        + "found: entries written before their page was known as a table; repeated: runs of stores that "
          "changed nothing\n";
}

nlohmann::json writersJson(StepNumber steps, const std::vector<FunctionWrites>& writers)
{
    nlohmann::json list = nlohmann::json::array();
    for (const FunctionWrites& writer : writers) {
        nlohmann::json changed = nlohmann::json::object();
        for (unsigned level = 1; level <= maxLevels; ++level)
            changed[std::to_string(level)] = writer.changed[level];
        list.push_back({{"function", writer.function}, {"changed", changed}, {"found", writer.found},
            {"repeated", writer.repeated}, {"total", writer.total()}, {"first", writer.first},
            {"last", writer.last}});
    }
    return {{"steps", steps}, {"writers", list}};
}

} // namespace pgtscope::core
