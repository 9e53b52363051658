// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/paging/registers.h"

/// Format 1 of a step's record: a number of flags, cause, time, then the parts whose flags are set, each as
/// the encoder writes it. Numbers are Packer's; a "difference" is against the chunk's context.
namespace pgtscope::core::stepformat {

inline constexpr std::uint64_t event = 1U << 0;
inline constexpr std::uint64_t text = 1U << 1;
inline constexpr std::uint64_t cpu = 1U << 2;
inline constexpr std::uint64_t ripSymbol = 1U << 3;
inline constexpr std::uint64_t findings = 1U << 4;
inline constexpr std::uint64_t console = 1U << 5;
inline constexpr std::uint64_t entries = 1U << 6;
inline constexpr std::uint64_t features = 1U << 7;
inline constexpr std::uint64_t root = 1U << 8;
inline constexpr std::uint64_t ramMap = 1U << 9;
inline constexpr std::uint64_t channel = 1U << 10;
inline constexpr std::uint64_t truncated = 1U << 11;
inline constexpr std::uint64_t linearRegions = 1U << 12;
inline constexpr std::uint64_t physicalRegions = 1U << 13;
inline constexpr std::uint64_t pgtBuf = 1U << 14;
inline constexpr std::uint64_t tableList = 1U << 15;
inline constexpr std::uint64_t tables = 1U << 16;
inline constexpr std::uint64_t pages = 1U << 17;
/// Behind everything else in the record.
inline constexpr std::uint64_t xen = 1U << 24;
inline constexpr std::uint64_t allFlags = ((1U << 18) - 1) | xen;

/// In the first byte of pgt_buf: its frames are the kernel's own. Formats 1 and 2 had those of the machine.
inline constexpr unsigned bufferInGuestFrames = 0x40;

/// Texts that a chunk's records can share; further ones are written out each time.
inline constexpr std::size_t maxSharedTexts = 4096;

inline constexpr std::size_t cpuFieldCount = 10;
using CpuFields = std::array<std::uint64_t, cpuFieldCount>;

inline CpuFields cpuFields(const CpuState& state)
{
    const ControlRegisters& c = state.control;
    return {state.rip.value, state.rsp.value, state.rflags, state.cs, c.cr0, c.cr2, c.cr3, c.cr4, c.efer,
        state.id};
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
    return state;
}

} // namespace pgtscope::core::stepformat
