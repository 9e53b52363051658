// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pgtscope::gdb {

/// Fills `bytes` from `offset` on; false if the file ends before, or cannot be read there.
bool readFully(int descriptor, std::uint64_t offset, std::span<std::byte> bytes);

} // namespace pgtscope::gdb
