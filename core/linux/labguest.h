// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/physicalmemory.h"
#include "core/model/xenstate.h"

/// What the engine knows of the lab guest (resources/guests/lab), which represents several kernels at once.
/// Its events are in the catalogue, as every kernel's are.
namespace pgtscope::core::lab {

/// Variable of the kernel: 1 while the hypervisor's part refuses writable page tables.
inline constexpr std::string_view enforced = "lab_enforced";
/// Variable of the kernel: the root of the tables on which the hypervisor's part runs, for one call at a
/// time.
inline constexpr std::string_view checkerRoot = "hv_root";
/// Variables of the kernel: the physical address of the type_info of each frame, 0 where the checker keeps
/// none, and how many frames it knows. Frames beyond are its own: they are no tables of the guest.
inline constexpr std::string_view frameTypes = "lab_frame_types";
inline constexpr std::string_view frameCount = "frame_count";
/// Functions of the kernel that store, or have stored, what their callers want.
inline constexpr std::array<std::string_view, 6> setters{
    "entry_refused", "hv_mmu_update", "hv_update_va_mapping", "mmuext_op", "xen_mmu_update", "xen_set_table"};
/// The shipped recording that shows what all this is about, without suffix.
inline constexpr std::string_view demoRecording = "lab-buffer-high";

/// A word of its command line that starts one of its boots: the one to try first.
inline constexpr std::string_view exampleScenario = "scenario=end-rule-high";

/// What the checker takes each of `frames` for; `types` and `count` are the values of the two variables. Not
/// known where they cannot be read; an Error means that the memory channel broke.
Result<CheckerTypes> readCheckerTypes(
    PhysicalMemory& memory, PhysicalAddress types, std::uint64_t count, std::vector<FrameNumber> frames);

} // namespace pgtscope::core::lab
