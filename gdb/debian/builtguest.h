// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string_view>

#include "core/base/error.h"

namespace pgtscope::gdb {

/// The kernel of a guest that is built with this program, "lab" or "lab-xen": an ELF file with symbols, below
/// the build tree that this program runs from, or in the data directory of an installed one,
/// ../share/pgtscope/guests as seen from the program's directory.
core::Result<std::filesystem::path> findBuiltGuest(std::string_view name);
/// The same for a program in the directory `program`.
core::Result<std::filesystem::path> findBuiltGuest(
    std::string_view name, const std::filesystem::path& program);

} // namespace pgtscope::gdb
