// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/base/cancel.h"
#include "core/base/error.h"

namespace pgtscope::gdb {

/// An Error if the program exists and is not a system emulator of QEMU's, by what it prints of its version.
/// Takes some seconds at most.
core::Result<void> checkIsQemu(const std::string& emulator, const core::CancelFlag* cancel);

} // namespace pgtscope::gdb
