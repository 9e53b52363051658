// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace pgtscope::core {

/// Most bytes that a kernel may have once unpacked; real ones have 30 to 100 MiB.
inline constexpr std::size_t maxUnpackedBytes = std::size_t{512} << 20;

/// Unpacks the payload of a bzImage: gzip, bzip2, xz, lzma, lz4 (the legacy frame that kernels use), zstd or
/// none. For all but gzip the kernel's build appends the unpacked size in four bytes (the `size_append` step
/// of scripts/Makefile.lib, v6.1), which is checked. LZO is refused by name: no library here reads it.
Result<std::vector<std::byte>> unpackPayload(
    std::span<const std::byte> payload, std::size_t limit = maxUnpackedBytes);

/// Whether `file` begins as a file does that gzip, bzip2, xz, lz4 or zstd has packed.
bool isPacked(std::span<const std::byte> file);

/// Unpacks such a file, a vmlinux.gz or System.map.zst; `name` is what errors call it.
Result<std::vector<std::byte>> unpackFile(std::span<const std::byte> file, const std::string& name);

} // namespace pgtscope::core
