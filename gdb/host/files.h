// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace pgtscope::gdb {

/// The first 64 KiB of a file: enough for a record or for last words, and no trap when a file is huge.
/// Empty if it cannot be read.
std::string readStart(const std::filesystem::path& file);
/// All of a file, also of one in /proc whose process may end meanwhile. An error if it cannot be read, is a
/// directory, or is longer than `maxBytes`.
core::Result<std::string> readWhole(const std::filesystem::path& file, std::size_t maxBytes);
/// Writes a small file that only its owner can read, whole or not at all; false if that did not work.
bool writePrivate(const std::filesystem::path& file, std::string_view text);
/// Waits until the file's data is on disk, as far as the system reports it.
void flushToDisk(const std::filesystem::path& file);
/// What is in a directory, in no order; empty if it cannot be read. Unlike the iterator it never throws.
std::vector<std::filesystem::path> entriesOf(const std::filesystem::path& directory);

} // namespace pgtscope::gdb
