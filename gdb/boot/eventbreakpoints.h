// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/linux/events.h"
#include "gdb/boot/bootstate.h"
#include "gdb/boot/breakpointorder.h"
#include "gdb/stub/target.h"

namespace pgtscope::gdb {

/// What a breakpoint of ours means.
struct MetEvent {
    /// Null where only the return of the function is an event.
    const core::BootEvent* event = nullptr;
    /// The event that the function's return will be; null if the return is no event.
    const core::BootEvent* atReturn = nullptr;
    bool returned = false; ///< `event` is a return.
};

/// Where a software breakpoint may be in a function that begins with `code`: not in the call of __fentry__ or
/// what ftrace has put in its place, which the kernel compares with what it knows before it patches it
/// (arch/x86/kernel/ftrace.c, ftrace_verify_code()).
core::LinearAddress behindPatchedCode(
    core::LinearAddress function, std::span<const std::byte> code, std::optional<core::LinearAddress> fentry);

/// The breakpoints of a kernel's boot events. Each event stops the guest a few times at most: allocators run
/// hundreds of times, and what they do shows in pgt_buf.
class EventBreakpoints {
public:
    explicit EventBreakpoints(Target& target)
        : m_target(target)
    {
    }

    /// With `fromTheStart` the kernel has yet to begin: the events of a phase that another event begins get
    /// their breakpoints then, see begin(). QEMU looks through all breakpoints between any two blocks of
    /// code, and more than half of a boot's blocks are the firmware's and the decompressor's: 36 breakpoints
    /// double the time of a boot.
    /// Entry code is also waited for `entryShift` bytes below its addresses, where it is mapped one to one.
    core::Result<void> insert(
        const std::vector<core::ResolvedEvent>& events, bool fromTheStart, std::uint64_t entryShift);
    /// The phase begins that `by` begins: events that do not last as long do not come any more, those that
    /// waited for it do.
    core::Result<void> begin(const core::BootEvent& by);
    /// The guest is at `rip`, and will not stop at a breakpoint there: as begin(), if an event there begins
    /// one.
    core::Result<void> beginAt(core::LinearAddress rip);
    /// Looks in gdb's debug information for the functions that have no symbol because they were inlined. What
    /// is found moves from missing to available.
    core::Result<void> insertInlined(core::ResolvedEvents& events);
    /// Whose breakpoint `number` is; nullopt if it is none of ours.
    std::optional<MetEvent> met(unsigned number) const;
    /// The breakpoint at that address, e.g. where a single step ended.
    std::optional<unsigned> at(core::LinearAddress address) const;
    /// The one at the entry of the allocator of early tables; nullopt if it is not in.
    std::optional<unsigned> allocator() const;
    /// Counts a hit.
    void seen(unsigned number);
    /// Counts a hit and takes the breakpoint out when it has stopped the guest often enough.
    core::Result<void> passed(unsigned number);
    /// Whether an event that may fail has been reported often enough.
    bool anySpent() const { return !m_spent.empty(); }
    /// A failure may follow: such an event is reported once more.
    core::Result<void> rearm();
    /// Waits at `address` for the function whose entry breakpoint was `entry` to return.
    core::Result<void> insertReturn(unsigned entry, core::LinearAddress address);
    core::Result<void> remove(unsigned number);
    /// The kernel runs where it was linked: events get software breakpoints instead, which take no slot,
    /// until harden(). `code` reads the first bytes at an address; false if they cannot be read.
    using ReadCode = std::function<bool(core::LinearAddress, std::span<std::byte>)>;
    core::Result<void> soften(ReadCode code, std::optional<core::LinearAddress> fentry);
    /// Memory with breakpoints in it is about to be freed: they are taken out, and hardware is used again.
    core::Result<void> harden();
    /// Those that wait, the ones for a return aside. `idle`: there is no need of that one now. `begun`: an
    /// event was met, so that it is known where entry code runs.
    std::vector<WaitingBreakpoint> waiting(std::optional<unsigned> idle, bool begun) const;

    /// Enters what waits into the state; false while the return of a function is waited for, and while some
    /// are software breakpoints, which are in the guest's memory.
    bool read(BootState& state) const;
    /// As insert(), and as far as that state had come.
    core::Result<void> resume(
        const std::vector<core::ResolvedEvent>& events, const BootState& state, std::uint64_t entryShift);

private:
    struct Waiting {
        MetEvent met;
        core::LinearAddress address; ///< Of the function.
        core::LinearAddress place; ///< Where it stops the guest: there, or behind what the kernel patches.
        unsigned hits = 0;
        bool spare = false; ///< Where entry code was linked: it is met where it is mapped one to one first.
        bool inlined = false; ///< gdb knows the places; `address` is the first.
        bool software = false;
    };
    core::Result<void> insertOne(
        const core::ResolvedEvent& event, core::LinearAddress address, bool spare = false);
    bool hasNeighbour(core::LinearAddress place) const;
    core::Result<unsigned> insertAt(Waiting& waiting);
    core::Result<void> insertNow(const core::ResolvedEvent& event);
    void notePhases(const std::vector<core::ResolvedEvent>& events);
    bool isDue(const core::BootEvent& event) const;
    core::Result<void> insertDue();
    Waiting* waitingAt(core::LinearAddress address);

    Target& m_target;
    std::uint64_t m_entryShift = 0;
    std::map<unsigned, Waiting> m_waiting;
    std::set<core::BootPhase> m_begins; ///< With an event of this kernel.
    bool m_hasXenEntry = false;
    std::optional<core::BootPhase>
        m_until; ///< The first of them that has yet to begin, if breakpoints wait for it.
    std::vector<core::ResolvedEvent> m_later; ///< Those that wait.
    std::vector<core::ResolvedEvent> m_spent;
    ReadCode m_code; ///< Empty: hardware breakpoints.
    std::optional<core::LinearAddress> m_fentry; ///< Run-time address of __fentry__.
};

} // namespace pgtscope::gdb
