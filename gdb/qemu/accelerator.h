// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>
#include <optional>
#include <string_view>

#include "core/base/error.h"

namespace pgtscope::gdb {

/// What executes the guest's instructions, in QEMU's word.
enum class Accelerator {
    Tcg, ///< QEMU itself: any number of breakpoints, plugins that see every store.
    Kvm, ///< The processor: faster by far, four breakpoints and watchpoints in all, no plugins.
};

/// "tcg" or "kvm", as QEMU's -accel and the user spell it.
std::string_view nameOf(Accelerator accelerator);
std::optional<Accelerator> acceleratorNamed(std::string_view name);

/// An Error unless this user can run guests under KVM on this machine.
core::Result<void> kvmWorks();
/// Whether the processor that /proc/cpuinfo describes has VMX or SVM.
bool hasVirtualization(std::istream& cpuinfo);
/// Whether KVM runs guests on this machine's processor. Where it works and does not, it is one for
/// paravirtual guests (PVM): Debian's kernel was seen to hang under it before its first message.
bool kvmIsHardware();
/// KVM where it works and is the hardware's, else TCG.
Accelerator bestAccelerator();

} // namespace pgtscope::gdb
