// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/linux/events.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::gdb {

/// A breakpoint that waits for an event of the boot.
struct WaitingBreakpoint {
    unsigned number = 0; ///< gdb's.
    std::size_t place = 0; ///< In the order of a boot: index of its event in core::bootEvents().
    bool met = false; ///< Its event has come already, and may come again.
    bool certain = false; ///< Each boot that has come no further than here will meet it.
    bool idle = false; ///< All that it would report now is seen in another way.
};

/// How far a boot has come.
struct BootPosition {
    std::optional<std::size_t> last; ///< Index of the latest event that was met; nullopt: none was.
    std::optional<bool> underXen; ///< A PV domain of Xen's; nullopt: not known yet.
};

/// Whether this boot, native or under Xen, has such an event at all.
bool canCome(const WaitingBreakpoint& one, const BootPosition& position);

/// Which of the breakpoints a guest with few of them gets, first ones first: `room` is how many it has for
/// them. What is next in the boot comes before what may repeat itself, and that before what is further ahead;
/// one that surely comes is among the first `room`, so that a boot which leaves out an event is not lost.
/// Events that this boot cannot meet are left out.
std::vector<unsigned> breakpointOrder(
    const std::vector<WaitingBreakpoint>& waiting, const BootPosition& position, unsigned room);

/// The latest event of the boot in which the CPU is, or through which it has come: by its PC and by the
/// return addresses on its stack, old ones included, which also prove that the function ran. nullopt: none is
/// known.
std::optional<std::size_t> reachedEvent(
    GuestSession& session, const std::vector<core::ResolvedEvent>& events, unsigned cpu);

} // namespace pgtscope::gdb
