// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "gdb/tcgplugin/placeslayout.h"

namespace pgtscope::places {

/// Holds the CPU after a sequence of stores into one entry, see Stores. It leaves its block at the next begin
/// of one: right after the store where QEMU translates instruction by instruction, as it does in a page that
/// has a breakpoint (accel/tcg/cpu-exec.c, check_for_breakpoints()). Stores of several CPUs at once are one
/// after the other in memory, but may be seen in another order.
class StoreWatch {
public:
    /// `ram` is what Stores::offset counts from. `physical`: what QEMU says of a store is a physical address,
    /// not an offset.
    StoreWatch(Places& places, const std::byte* ram, std::uint64_t ramBytes, bool physical)
        : m_places(places)
        , m_ram(ram)
        , m_ramBytes(ramBytes)
        , m_physical(physical)
    {
    }

    /// Whether stored() is for what this instruction stores.
    bool looksAt(std::uint64_t instruction) const;
    /// An instruction has stored there, as QEMU says it.
    void stored(std::uint64_t given);

private:
    Places& m_places;
    const std::byte* m_ram;
    std::uint64_t m_ramBytes;
    bool m_physical;
};

} // namespace pgtscope::places
