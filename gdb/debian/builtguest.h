// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>

#include "core/base/error.h"

namespace pgtscope::gdb {

/// The lab guest's kernel, an ELF file with symbols: below the build tree that this program runs from, or in
/// the data directory of an installed one, ../share/pgtscope/guests as seen from the program's directory.
core::Result<std::filesystem::path> findLabGuest();
/// The same for a program in the directory `program`.
core::Result<std::filesystem::path> findLabGuest(const std::filesystem::path& program);

} // namespace pgtscope::gdb
