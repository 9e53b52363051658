// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

namespace pgtscope::fuzz {

/// A promise of the code that is fuzzed. libFuzzer keeps the input that breaks it.
inline void require(bool holds)
{
    if (!holds)
        std::abort();
}

/// The fuzzer's bytes, taken from the front. Beyond their end everything is 0 or empty.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size)
        : m_bytes(reinterpret_cast<const char*>(data), size)
    {
    }

    bool empty() const { return m_bytes.empty(); }
    std::string_view rest() const { return m_bytes; }
    std::span<const std::byte> restBytes() const { return std::as_bytes(std::span(m_bytes)); }

    std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }
    /// Little-endian, of `bytes` bytes.
    std::uint64_t number(unsigned bytes)
    {
        std::uint64_t value = 0;
        const std::string_view taken = take(bytes);
        for (std::size_t i = 0; i < taken.size(); ++i)
            value |= std::uint64_t{static_cast<unsigned char>(taken[i])} << (8 * i);
        return value;
    }
    std::string_view take(std::size_t bytes)
    {
        const std::string_view taken = m_bytes.substr(0, bytes);
        m_bytes.remove_prefix(taken.size());
        return taken;
    }
    /// Up to the next `separator`, which is taken too.
    std::string_view until(std::string_view separator)
    {
        const std::string_view taken = take(std::min(m_bytes.find(separator), m_bytes.size()));
        take(separator.size());
        return taken;
    }
    std::string_view line() { return until("\n"); }

private:
    std::string_view m_bytes;
};

} // namespace pgtscope::fuzz
