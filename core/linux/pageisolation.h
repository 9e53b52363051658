// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "core/base/physicalmemory.h"
#include "core/model/snapshot.h"

namespace pgtscope::core {

/// The other of the two roots that page-table isolation (KPTI) keeps for a process, if `root` is one of them:
/// nullopt where nothing confirms it. Linux since v4.15 keeps them in neighbouring frames, the kernel's in
/// the even one (PTI_USER_PGTABLE_BIT, arch/x86/include/asm/pgtable.h and arch/x86/entry/calling.h); both
/// have the entries of user space, the kernel's with XD set (__pti_set_user_pgtbl(), arch/x86/mm/pti.c,
/// v6.1). Before the first process, which has none, it is confirmed by a table of the kernel's that both lead
/// to, as pti_clone_p4d() makes them. Reads four pages at most, but for oddly made tables.
Result<std::optional<PhysicalAddress>> otherHalf(
    PhysicalMemory& memory, const Paging& paging, PhysicalAddress root);

/// The root of the kernel's half where KPTI has left CR3 in the half of user mode, as at a stop in user mode:
/// nullopt where it has not, or where nothing confirms it.
Result<std::optional<PhysicalAddress>> kernelHalf(
    PhysicalMemory& memory, const CpuState& cpu, const CpuFeatures& features);

/// KPTI's halves are there, and neither has anything of user space: there has been no process yet, and no CPU
/// has run in the user half, whose copies of the kernel's text are as writable as the text was when they were
/// made, until pti_finalize() makes them again (arch/x86/mm/pti.c, v6.1).
bool isUserHalfUnused(const Snapshot& snapshot);

/// "KPTI's kernel half" or "KPTI's user half", for one of the two roots.
std::string_view halfText(PhysicalAddress root);

/// What the snapshot's root is: "CR3", "SMM's CR3", "a nested guest's CR3", "KPTI's kernel half", "KPTI's
/// user half", "Xen's true root" or "chosen".
std::string_view rootText(const Snapshot& snapshot);

} // namespace pgtscope::core
