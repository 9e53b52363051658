// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

/// What the engine knows of the lab guest (resources/guests/lab), which represents several kernels at once.
/// Its events are in the catalogue, as every kernel's are.
namespace pgtscope::core::lab {

/// Variable of the kernel: 1 while the hypervisor's part refuses writable page tables.
inline constexpr std::string_view enforced = "lab_enforced";
/// Variable of the kernel: the root of the tables on which the hypervisor's part runs, for one call at a
/// time.
inline constexpr std::string_view checkerRoot = "hv_root";
/// The shipped recording that shows what all this is about, without suffix.
inline constexpr std::string_view demoRecording = "lab-buffer-high";

} // namespace pgtscope::core::lab
