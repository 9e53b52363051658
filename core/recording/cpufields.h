// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "core/paging/registers.h"

namespace pgtscope::core {

/// The registers that a recording keeps, in the order of their bits in a record.
inline constexpr std::size_t cpuFieldCount = 11;
using CpuFields = std::array<std::uint64_t, cpuFieldCount>;

inline CpuFields cpuFields(const CpuState& state)
{
    const ControlRegisters& c = state.control;
    return {state.rip.value, state.rsp.value, state.rflags, state.cs, c.cr0, c.cr2, c.cr3, c.cr4, c.efer,
        state.id, state.smm ? 1U : 0U};
}

inline CpuState cpuOf(const CpuFields& f)
{
    CpuState state;
    state.rip = LinearAddress(f[0]);
    state.rsp = LinearAddress(f[1]);
    state.rflags = f[2];
    state.cs = static_cast<std::uint16_t>(f[3]);
    state.control = {f[4], f[5], f[6], f[7], f[8]};
    state.id = static_cast<unsigned>(f[9]);
    state.smm = f[10] != 0;
    return state;
}

} // namespace pgtscope::core
