// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>

#include "core/base/error.h"

namespace pgtscope::gdb {

/// The plugin that QEMU loads to report every store into a page table: from the build tree that this program
/// is of, or from where it is installed.
core::Result<std::filesystem::path> findWritesPlugin();

} // namespace pgtscope::gdb
