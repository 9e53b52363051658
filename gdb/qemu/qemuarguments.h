// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/base/error.h"
#include "gdb/qemu/runningguest.h"

namespace pgtscope::gdb {

/// The arguments of QEMU for `guest.spec`, with sockets and logs in `guest.directory` and the process put in
/// the background once the sockets listen. A spec that QEMU would refuse, or misread, is an error.
core::Result<std::vector<std::string>> qemuArguments(const RunningGuest& guest);
/// The same, whether QEMU would take them or not: no file has to be there.
core::Result<std::vector<std::string>> uncheckedQemuArguments(const RunningGuest& guest);

} // namespace pgtscope::gdb
