// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/timeline/writeindex.h"

#include <algorithm>
#include <numeric>

namespace pgtscope::core {

std::optional<std::uint32_t> WriteIndex::functionOf(const Event& event) const
{
    if (event.writer == unknownWriter)
        return std::nullopt;
    return m_writers[event.writer].function;
}

LastWrite WriteIndex::lastWriteOf(const Event& event) const { return {event.step, functionOf(event), false}; }

/// The last thing that happened to the page as a whole.
const WriteIndex::TableEvent* WriteIndex::tableEvent(FrameNumber frame, StepNumber last) const
{
    const auto behind = std::upper_bound(m_tables.begin(), m_tables.end(), std::pair(frame, last),
        [](const auto& wanted, const TableEvent& event) {
            return wanted < std::pair(event.frame, event.step);
        });
    return behind == m_tables.begin() || (behind - 1)->frame != frame ? nullptr : &*(behind - 1);
}

std::vector<EntryEvent> WriteIndex::history(PhysicalAddress entry, StepNumber last) const
{
    const auto isBefore = [](const Event& event, PhysicalAddress wanted) { return event.entry < wanted; };
    std::vector<std::pair<Order, EntryEvent>> found;
    for (auto event = std::lower_bound(m_events.begin(), m_events.end(), entry, isBefore);
         event != m_events.end() && event->entry == entry && event->step <= last; ++event) {
        EntryChange change{entry, event->bytes, event->levels, event->before, event->after, {}};
        if (event->writer != unknownWriter)
            change.writer = m_writers[event->writer].writer;
        found.emplace_back(event->order, EntryEvent{event->step, event->kind, std::move(change)});
    }
    auto table = std::lower_bound(m_tables.begin(), m_tables.end(), frameOf(entry),
        [](const TableEvent& event, FrameNumber wanted) { return event.frame < wanted; });
    for (; table != m_tables.end() && table->frame == frameOf(entry) && table->step <= last; ++table)
        found.emplace_back(table->order,
            EntryEvent{table->step, table->removed ? EntryEventKind::Removed : EntryEventKind::Appeared,
                {entry, 8, 0, 0, 0, {}}});
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<EntryEvent> events;
    for (auto& [order, event] : found)
        events.push_back(std::move(event));
    dropRepeatedBirths(events);
    return events;
}

std::optional<LastWrite> WriteIndex::lastWrite(PhysicalAddress entry, StepNumber last) const
{
    return lastWrite(entry, entry + 1, last);
}

std::optional<LastWrite> WriteIndex::lastWrite(
    PhysicalAddress begin, PhysicalAddress end, StepNumber last) const
{
    const TableEvent* const table = tableEvent(frameOf(begin), last);
    // What was written into an earlier table in the same frame does not count.
    const TableEvent* gone = table;
    while (gone && !gone->removed)
        gone = gone == m_tables.data() || (gone - 1)->frame != table->frame ? nullptr : gone - 1;
    const auto counts = [&](const Event& event) {
        return event.writes && event.step <= last && (!gone || event.order > gone->order);
    };
    const Event* latest = nullptr;
    bool several = false;
    auto event = std::lower_bound(m_events.begin(), m_events.end(), begin,
        [](const Event& e, PhysicalAddress wanted) { return e.entry < wanted; });
    while (event != m_events.end() && event->entry < end) {
        const Event* ofEntry = nullptr;
        for (const PhysicalAddress entry = event->entry; event != m_events.end() && event->entry == entry;
             ++event)
            if (counts(*event))
                ofEntry = &*event;
        if (!ofEntry)
            continue;
        several = several || (latest && functionOf(*latest) != functionOf(*ofEntry));
        if (!latest || latest->order < ofEntry->order)
            latest = ofEntry;
    }
    if (latest)
        return LastWrite{latest->step, functionOf(*latest), several};
    return table && !table->removed ? std::optional(LastWrite{table->step, {}, false}) : std::nullopt;
}

std::optional<LastWrite> WriteIndex::lastWrite(FrameNumber frame, StepNumber last) const
{
    const TableEvent* table = tableEvent(frame, last);
    const auto behind = std::upper_bound(m_byFrame.begin(), m_byFrame.end(), std::pair(frame, last),
        [this](const auto& wanted, std::uint32_t row) {
            return wanted < std::pair(frameOf(m_events[row].entry), m_events[row].step);
        });
    const Event* event = behind == m_byFrame.begin() ? nullptr : &m_events[*(behind - 1)];
    const bool ofFrame = event && frameOf(event->entry) == frame;
    if (ofFrame && (!table || event->order > table->order))
        return lastWriteOf(*event);
    // Written before it was known as a table, or by an unknown writer.
    return table && !table->removed ? std::optional(LastWrite{table->step, {}, false}) : std::nullopt;
}

bool WriteIndexBuilder::full()
{
    if (m_index.m_events.size() + m_index.m_tables.size() < maxEvents)
        return false;
    m_index.m_complete = false;
    return true;
}

std::uint32_t WriteIndexBuilder::writerOf(const EntryWriter& writer)
{
    std::vector<std::uint32_t>& known = m_writers[writer.rip.value];
    for (const std::uint32_t id : known)
        if (m_index.m_writers[id].writer == writer)
            return id;
    const std::string name(functionOf(writer.symbol));
    const auto [function, isNew]
        = m_functions.try_emplace(name, static_cast<std::uint32_t>(m_index.m_functions.size()));
    if (isNew)
        m_index.m_functions.push_back({name, {}, 0});
    known.push_back(static_cast<std::uint32_t>(m_index.m_writers.size()));
    m_index.m_writers.push_back({writer, function->second});
    return known.back();
}

void WriteIndexBuilder::addEntry(const EntryChange& change, EntryEventKind kind)
{
    if (full())
        return;
    WriteIndex::Event event;
    event.entry = change.address;
    event.before = change.before;
    event.after = change.after;
    event.step = m_index.m_steps;
    event.order = m_order++;
    event.kind = kind;
    event.bytes = change.bytes;
    event.levels = change.levels;
    const EntryEvent asEvent{event.step, kind, change};
    event.writes = core::lastWrite(std::span(&asEvent, 1)) != nullptr;
    if (change.writer) {
        event.writer = writerOf(*change.writer);
        WriteIndex::Function& function = m_index.m_functions[m_index.m_writers[event.writer].function];
        function.steps.push_back(event.step);
        function.writes += event.writes ? 1 : 0;
    }
    m_index.m_events.push_back(event);
}

void WriteIndexBuilder::addTable(const TableChange& change)
{
    const bool removed = change.kind == TableChangeKind::Removed;
    if ((removed || change.kind == TableChangeKind::Appeared) && !full())
        m_index.m_tables.push_back({frameOf(change.address), m_index.m_steps, m_order++, removed});
}

void WriteIndexBuilder::add(const StepChanges& changes)
{
    for (const EntryChange& change : changes.entries)
        addEntry(change, EntryEventKind::Changed);
    for (const TableChange& change : changes.tables)
        addTable(change);
    const EntryEventKind kind = isRun(changes) ? EntryEventKind::Repeated : EntryEventKind::Found;
    for (const EntryChange& store : changes.stores)
        addEntry(store, kind);
    ++m_index.m_steps;
}

WriteIndexPtr WriteIndexBuilder::index() const
{
    auto index = std::make_shared<WriteIndex>(m_index);
    auto& events = index->m_events;
    std::sort(events.begin(), events.end(), [](const auto& a, const auto& b) {
        return std::pair(a.entry, a.order) < std::pair(b.entry, b.order);
    });
    for (std::uint32_t row = 0; row < events.size(); ++row)
        if (events[row].writes)
            index->m_byFrame.push_back(row);
    std::sort(index->m_byFrame.begin(), index->m_byFrame.end(), [&](std::uint32_t a, std::uint32_t b) {
        return std::pair(frameOf(events[a].entry), events[a].order)
            < std::pair(frameOf(events[b].entry), events[b].order);
    });
    std::sort(index->m_tables.begin(), index->m_tables.end(), [](const auto& a, const auto& b) {
        return std::pair(a.frame, a.order) < std::pair(b.frame, b.order);
    });
    // From the busiest on.
    std::vector<std::uint32_t> rank(index->m_functions.size());
    std::iota(rank.begin(), rank.end(), 0U);
    std::stable_sort(rank.begin(), rank.end(), [this](std::uint32_t a, std::uint32_t b) {
        return m_index.m_functions[a].writes > m_index.m_functions[b].writes;
    });
    std::vector<std::uint32_t> place(rank.size());
    for (std::uint32_t i = 0; i < rank.size(); ++i) {
        place[rank[i]] = i;
        index->m_functions[i] = m_index.m_functions[rank[i]];
    }
    for (auto& writer : index->m_writers)
        writer.function = place[writer.function];
    return index;
}

} // namespace pgtscope::core
