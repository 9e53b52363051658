// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/timeline/entryhistory.h"

namespace pgtscope::core {

/// Who last wrote what, as far as one colour can show it.
struct LastWrite {
    StepNumber step = 0;
    /// Index into WriteIndex::functions(); nullopt: the writer is not recorded.
    std::optional<std::uint32_t> function;
    /// Of several entries: others of them were last written by other functions.
    bool several = false;
    bool operator==(const LastWrite&) const = default;
};

/// Everything that happened to every entry of a recording, in memory, so that who wrote an entry by a step is
/// answered in microseconds. Immutable: safe to read from several threads.
class WriteIndex {
public:
    struct Function {
        std::string name; ///< Empty: code that no symbol names.
        /// Where it wrote, in order, a step once for each entry; runs of stores that changed nothing too.
        std::vector<StepNumber> steps;
        std::uint64_t writes = 0; ///< Entries that it changed or filled.
    };

    /// Steps that are in it: those from this one on are not.
    StepNumber steps() const { return m_steps; }
    /// False if there was more than is kept (WriteIndexBuilder::maxEvents).
    bool complete() const { return m_complete; }
    /// Functions that are recorded as writers, from the busiest on; none at step granularities other than
    /// single writes.
    const std::vector<Function>& functions() const { return m_functions; }

    /// As entryHistories() returns it.
    std::vector<EntryEvent> history(PhysicalAddress entry, StepNumber last) const;
    /// What lastWrite() returns of the history up to step `last`; of an entry that no step records, when its
    /// table appeared. nullopt if it has been so since the recording began.
    std::optional<LastWrite> lastWrite(PhysicalAddress entry, StepNumber last) const;
    /// The latest write to any of the entries that begin in [begin, end), which lie in one frame.
    std::optional<LastWrite> lastWrite(PhysicalAddress begin, PhysicalAddress end, StepNumber last) const;
    /// The latest write to any entry of that table page, or when it appeared.
    std::optional<LastWrite> lastWrite(FrameNumber frame, StepNumber last) const;

private:
    friend class WriteIndexBuilder;
    using Order = std::uint32_t; ///< Position in the recording; several in a step.
    static constexpr std::uint32_t unknownWriter = ~std::uint32_t{0};

    struct Event {
        PhysicalAddress entry;
        std::uint64_t before = 0;
        std::uint64_t after = 0;
        StepNumber step = 0;
        Order order = 0;
        std::uint32_t writer = unknownWriter; ///< Into m_writers.
        EntryEventKind kind = EntryEventKind::Changed;
        std::uint8_t bytes = 8;
        std::uint8_t levels = 0;
        bool writes = false; ///< A store, so far as is known, that left something else than was there.
    };
    struct TableEvent {
        FrameNumber frame;
        StepNumber step = 0;
        Order order = 0;
        bool removed = false;
    };
    struct Writer {
        EntryWriter writer;
        std::uint32_t function = unknownWriter; ///< Into m_functions.
    };
    using Events = std::vector<Event>;

    std::optional<std::uint32_t> functionOf(const Event& event) const;
    const TableEvent* tableEvent(FrameNumber frame, StepNumber last) const;
    LastWrite lastWriteOf(const Event& event) const;

    StepNumber m_steps = 0;
    bool m_complete = true;
    Events m_events; ///< By entry, then order.
    std::vector<std::uint32_t> m_byFrame; ///< Those of m_events that write: by frame, then order.
    std::vector<TableEvent> m_tables; ///< By frame, then order.
    std::vector<Writer> m_writers;
    std::vector<Function> m_functions;
};

using WriteIndexPtr = std::shared_ptr<const WriteIndex>;

/// Learns the steps of a recording, one after another.
class WriteIndexBuilder {
public:
    /// Some 200 MB.
    static constexpr std::size_t maxEvents = 4'000'000;

    StepNumber steps() const { return m_index.m_steps; }
    /// The changes of step steps().
    void add(const StepChanges& changes);
    /// What is known now.
    WriteIndexPtr index() const;

private:
    void addEntry(const EntryChange& change, EntryEventKind kind);
    void addTable(const TableChange& change);
    std::uint32_t writerOf(const EntryWriter& writer);
    bool full();

    WriteIndex m_index; ///< Its events in the order of the steps, functions in the order of their appearance.
    WriteIndex::Order m_order = 0;
    std::unordered_map<std::string, std::uint32_t> m_functions;
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> m_writers; ///< By instruction.
};

} // namespace pgtscope::core
