// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.h"
#include "core/paging/registers.h"

namespace pgtscope::core {

/// Position in a timeline, from 0.
using StepNumber = std::uint64_t;

enum class StepCause : std::uint8_t {
    Start, ///< Recording began here.
    BootEvent, ///< A milestone of the boot was reached.
    PgtBufChange, ///< pgt_buf_start, pgt_buf_end or pgt_buf_top changed.
    TableWrite, ///< One entry of a table page was written.
    UserStop,
    Poke, ///< The user changed guest memory.
    Death, ///< The guest is at its end: panic, oops, triple fault, reset, shutdown, refused by a hypervisor.
};

inline constexpr unsigned stepCauseCount = static_cast<unsigned>(StepCause::Death) + 1;

/// "start", "event", "pgt_buf", "write", "stop", "poke" or "death".
std::string_view causeText(StepCause cause);

/// How many findings of one sort hold at a step, e.g. {"xen-ro.violation", 3}.
struct FindingCount {
    std::string name;
    std::uint32_t count = 0;
    std::uint32_t broken = 0; ///< Those of them that the machine forbids; see core::Standing.
    bool operator==(const FindingCount&) const = default;
};

/// One stop of the guest: what a list of steps shows. The tables are a Snapshot of their own.
struct Step {
    StepNumber number = 0;
    StepCause cause = StepCause::UserStop;
    std::string event; ///< Name from the catalogue, e.g. "init_mem_mapping"; may be empty.
    std::string text; ///< One line for the user; may be empty.
    std::uint64_t time = 0; ///< Nanoseconds since the recording began.
    CpuState cpu; ///< Its rip is the step's place.
    std::string ripSymbol; ///< "symbol+0x10" of rip; empty if unknown.
    std::vector<FindingCount> findings; ///< What the recorder's rules found; names not listed count 0.
    std::string console; ///< What the guest printed since the previous step; not necessarily UTF-8.

    bool operator==(const Step&) const = default;
};

/// Who wrote an entry; known where single writes are recorded.
struct EntryWriter {
    LinearAddress rip; ///< Of the writing instruction.
    std::string symbol; ///< "symbol+0x10" of rip; empty if unknown.
    std::uint8_t bytes = 0; ///< Size of the store.
    bool operator==(const EntryWriter&) const = default;
};

/// One paging-structure entry that differs between two states.
struct EntryChange {
    PhysicalAddress address; ///< Of the entry.
    std::uint8_t bytes = 8; ///< Size of the entry: 4 or 8.
    std::uint8_t levels = 0; ///< Bit n: its frame serves as a table of level n (1 to 5).
    std::uint64_t before = 0; ///< Raw value.
    std::uint64_t after = 0;
    std::optional<EntryWriter> writer;

    /// The lowest of the levels; 0 if there is none.
    unsigned level() const;
    /// No bit differs but the accessed and dirty flags, which the processor sets by itself where it uses an
    /// entry (SDM vol. 3A, 4.8): no store need have made the change.
    bool flagsOnly() const;
    bool operator==(const EntryChange&) const = default;
};

enum class TableChangeKind : std::uint8_t {
    Appeared,
    Removed,
    Hooked, ///< Was detached, can now be reached from the root.
    Unhooked, ///< Could be reached, is now detached.
    BecameReadable,
    BecameUnreadable,
};

/// "appeared", "went", "hooked", "unhooked", "became readable" or "became unreadable".
std::string_view changeText(TableChangeKind kind);

struct TableChange {
    TableChangeKind kind = TableChangeKind::Appeared;
    PhysicalAddress address;
    std::uint8_t level = 0;
    bool detached = false; ///< Appeared or was removed as a detached table.
    bool operator==(const TableChange&) const = default;
};

/// The change of the tables from one step to the next. Entries of an added or removed table are not
/// listed one by one.
struct StepChanges {
    std::vector<EntryChange> entries; ///< By address.
    std::vector<TableChange> tables;
    /// Of entries whose value is the same before and after: who had written what a table held when it
    /// appeared, and stores that changed nothing. Known where single writes are recorded; by address.
    std::vector<EntryChange> stores;

    bool empty() const { return entries.empty() && tables.empty(); }
    bool operator==(const StepChanges&) const = default;
};

} // namespace pgtscope::core
