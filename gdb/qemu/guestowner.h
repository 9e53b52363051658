// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "core/base/error.h"
#include "gdb/host/processid.h"
#include "gdb/qemu/runningguest.h"

namespace pgtscope::gdb {

/// Whose a running guest is: it is ended at the launcher's next look once that process is gone. nullopt: it
/// stays until it is stopped.
core::Result<void> setOwner(RunningGuest& guest, std::optional<ProcessId> owner);

} // namespace pgtscope::gdb
