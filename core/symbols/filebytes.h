// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace pgtscope::core {

/// The whole of a regular file of at most `limit` bytes; a larger one is an error.
Result<std::vector<std::byte>> readFile(const std::string& path, std::size_t limit);
/// Its first `bytes` bytes, fewer if the file is shorter.
Result<std::vector<std::byte>> readFileStart(const std::string& path, std::size_t bytes);

} // namespace pgtscope::core
