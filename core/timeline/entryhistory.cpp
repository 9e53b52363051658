// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/timeline/entryhistory.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

namespace pgtscope::core {

namespace {

Result<void> forEachStep(const Timeline& timeline, StepNumber last, const CancelFlag* cancel,
    const std::function<void(StepNumber, const StepChanges&)>& act)
{
    // Step 0 has no changes: what it holds was there before.
    for (StepNumber step = 1; step <= last && step < timeline.size(); ++step) {
        if (cancel != nullptr && cancel->cancelled())
            return failure("search the steps", "stopped by the user");
        ASSIGN_OR_RETURN(const auto changes, timeline.changes(step));
        act(step, changes);
    }
    return {};
}

class Histories {
public:
    explicit Histories(std::span<const PhysicalAddress> entries)
        : m_histories(entries.size())
    {
        for (std::size_t i = 0; i < entries.size(); ++i)
            m_places[entries[i]].push_back(i);
    }

    void note(StepNumber step, const StepChanges& changes)
    {
        for (const EntryChange& change : changes.entries)
            add(step, EntryEventKind::Changed, change);
        noteTables(step, changes.tables);
        const EntryEventKind kind = isRun(changes) ? EntryEventKind::Repeated : EntryEventKind::Found;
        for (const EntryChange& store : changes.stores)
            add(step, kind, store);
    }

    std::vector<std::vector<EntryEvent>> take()
    {
        for (auto& history : m_histories)
            dropRepeatedBirths(history);
        return std::move(m_histories);
    }

private:
    void noteTables(StepNumber step, const std::vector<TableChange>& tables)
    {
        for (const TableChange& table : tables) {
            const bool removed = table.kind == TableChangeKind::Removed;
            if (!removed && table.kind != TableChangeKind::Appeared)
                continue;
            for (const auto& [address, rows] : m_places)
                if (frameOf(table.address) == frameOf(address))
                    add(step, removed ? EntryEventKind::Removed : EntryEventKind::Appeared,
                        {address, 8, 0, 0, 0, {}});
        }
    }
    void add(StepNumber step, EntryEventKind kind, const EntryChange& change)
    {
        const auto rows = m_places.find(change.address);
        if (rows == m_places.end())
            return;
        for (const std::size_t row : rows->second)
            m_histories[row].push_back({step, kind, change});
    }

    std::unordered_map<PhysicalAddress, std::vector<std::size_t>> m_places;
    std::vector<std::vector<EntryEvent>> m_histories;
};

} // namespace

bool isRun(const StepChanges& changes)
{
    return changes.stores.size() == 1 && changes.entries.empty() && changes.tables.empty();
}

std::string_view entryEventText(EntryEventKind kind)
{
    switch (kind) {
    case EntryEventKind::Changed:
        return "changed";
    case EntryEventKind::Found:
        return "found";
    case EntryEventKind::Appeared:
        return "appeared";
    case EntryEventKind::Repeated:
        return "repeated";
    case EntryEventKind::Removed:
        return "removed";
    }
    return "";
}

Result<std::vector<std::vector<EntryEvent>>> entryHistories(const Timeline& timeline,
    std::span<const PhysicalAddress> entries, StepNumber last, const CancelFlag* cancel)
{
    Histories histories(entries);
    return forEachStep(timeline, last, cancel, [&](StepNumber step, const StepChanges& changes) {
        histories.note(step, changes);
    }).map([&] { return histories.take(); });
}

void dropRepeatedBirths(std::vector<EntryEvent>& history)
{
    const auto isRepeated = [&](const EntryEvent& event) {
        return event.kind == EntryEventKind::Appeared
            && std::any_of(history.begin(), history.end(), [&](const EntryEvent& other) {
                   return other.step == event.step
                       && (other.kind == EntryEventKind::Found
                           || (other.kind == EntryEventKind::Appeared && &other < &event));
               });
    };
    std::vector<EntryEvent> kept;
    for (const EntryEvent& event : history)
        if (!isRepeated(event))
            kept.push_back(event);
    history = std::move(kept);
}

const EntryEvent* lastWrite(std::span<const EntryEvent> history)
{
    const EntryEvent* born = nullptr;
    for (auto event = history.rbegin(); event != history.rend(); ++event) {
        // The processor set flags that no store changed: the previous store is still the last write.
        const EntryChange& change = event->change;
        const bool byProcessor = !change.writer && change.before != change.after && change.flagsOnly();
        if (event->kind == EntryEventKind::Found || (event->kind == EntryEventKind::Changed && !byProcessor))
            return &*event;
        if (event->kind == EntryEventKind::Removed)
            return born;
        // A frame that was a table already may appear as one of another level.
        if (event->kind == EntryEventKind::Appeared)
            born = &*event;
    }
    return born;
}

std::uint64_t FunctionWrites::total() const
{
    std::uint64_t sum = found;
    for (const std::uint64_t count : changed)
        sum += count;
    return sum;
}

std::string_view functionOf(std::string_view symbol) { return symbol.substr(0, symbol.find('+')); }

Result<std::vector<FunctionWrites>> tableWriters(const Timeline& timeline, const CancelFlag* cancel)
{
    std::map<std::string, FunctionWrites, std::less<>> writers;
    const auto writesOf = [&](StepNumber step, const EntryWriter& writer) -> FunctionWrites& {
        const std::string_view name = functionOf(writer.symbol);
        auto known = writers.find(name);
        if (known == writers.end()) {
            known = writers.emplace(name, FunctionWrites{}).first;
            known->second.function = name;
            known->second.first = step;
        }
        known->second.last = step;
        return known->second;
    };
    const auto note = [&](StepNumber step, const StepChanges& changes) {
        for (const EntryChange& change : changes.entries)
            if (change.writer)
                ++writesOf(step, *change.writer).changed[change.level()];
        for (const EntryChange& store : changes.stores)
            if (store.writer)
                ++(isRun(changes) ? writesOf(step, *store.writer).repeated
                                  : writesOf(step, *store.writer).found);
    };
    RETURN_IF_ERROR(forEachStep(timeline, timeline.size(), cancel, note));
    std::vector<FunctionWrites> list;
    for (auto& [name, writes] : writers)
        list.push_back(std::move(writes));
    std::stable_sort(list.begin(), list.end(),
        [](const FunctionWrites& a, const FunctionWrites& b) { return a.total() > b.total(); });
    return list;
}

} // namespace pgtscope::core
