// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace pgtscope::core {

static_assert(std::endian::native == std::endian::little, "x86 images are read in place");

/// The little-endian T at `offset`, which need not be aligned; 0 where the bytes end before.
template <class T>
T littleEndianAt(std::span<const std::byte> bytes, std::uint64_t offset)
{
    T value = 0;
    if (offset <= bytes.size() && sizeof(T) <= bytes.size() - offset) {
        std::memcpy(&value, bytes.data() + offset, sizeof(T));
    }
    return value;
}

/// `value` rounded up to a multiple of `step`, a power of two.
constexpr std::uint64_t alignedUp(std::uint64_t value, std::uint64_t step)
{
    return (value + step - 1) & ~(step - 1);
}

} // namespace pgtscope::core
