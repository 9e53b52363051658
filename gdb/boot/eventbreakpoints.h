// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/linux/events.h"
#include "gdb/target/target.h"

namespace pgtscope::gdb {

/// A boot event that the guest has just met.
struct MetEvent {
    const core::BootEvent* event = nullptr;
    /// A function of kind Return was entered: nothing to show yet, its breakpoint waits at the return
    /// address.
    bool entered = false;
};

/// The breakpoints of a kernel's boot events. Each event stops the guest a few times at most: allocators run
/// hundreds of times, and what they do shows in pgt_buf.
class EventBreakpoints {
public:
    explicit EventBreakpoints(Target& target)
        : m_target(target)
    {
    }

    core::Result<void> insert(const std::vector<core::ResolvedEvent>& events);
    /// Whose breakpoint `number` is; nullopt if it is none of ours.
    std::optional<MetEvent> met(unsigned number) const;
    /// Counts a hit and takes the breakpoint out when it has stopped the guest often enough.
    core::Result<void> passed(unsigned number);
    /// Waits at `address` for the function whose entry breakpoint was `entry` to return.
    core::Result<void> insertReturn(unsigned entry, core::LinearAddress address);
    core::Result<void> removeAll();

private:
    struct Waiting {
        const core::BootEvent* event = nullptr;
        bool isReturn = false;
        unsigned hits = 0;
    };
    core::Result<void> insertOne(const core::BootEvent& event, core::LinearAddress address);

    Target& m_target;
    std::map<unsigned, Waiting> m_waiting;
    std::set<core::LinearAddress> m_addresses;
};

} // namespace pgtscope::gdb
