// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>

#include "core/base/error.h"
#include "core/base/packing.h"
#include "core/model/table.h"

namespace pgtscope::core {

/// XXH3's 128-bit hash in its canonical (big-endian) form.
using ContentHash = std::array<std::byte, 16>;
ContentHash contentHash(ByteView bytes);

/// Upper bound on what one blob of a recording may unpack to.
inline constexpr std::size_t maxUnpackedBytes = std::size_t{32} << 20;

/// Level for what is packed once and read often, as zstd counts it.
inline constexpr int slowCompression = 9;
/// zstd; `level` as zstd counts it.
Bytes compress(ByteView bytes, int level = 3);
/// Unpacks exactly `bytes` bytes, at most maxUnpackedBytes; fails on anything else.
Result<Bytes> decompress(ByteView packed, std::size_t bytes);

/// A table page, packed after a transformation under which ascending entries become repetitions.
Bytes compressPage(const TablePage& page);
Result<std::shared_ptr<TablePage>> decompressPage(ByteView packed);
ContentHash contentHash(const TablePage& page);

} // namespace pgtscope::core
