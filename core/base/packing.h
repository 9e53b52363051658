// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pgtscope::core {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

/// Small differences in both directions as small numbers: 0, -1, 1, -2 … become 0, 1, 2, 3 …
constexpr std::uint64_t zigzag(std::uint64_t difference)
{
    return (difference << 1) ^ (std::uint64_t{0} - (difference >> 63));
}
constexpr std::uint64_t unzigzag(std::uint64_t packed)
{
    return (packed >> 1) ^ (std::uint64_t{0} - (packed & 1));
}

/// Appends numbers of variable length (seven bits a byte, the lowest first) and texts to a row of bytes.
class Packer {
public:
    void byte(std::uint8_t value) { m_bytes.push_back(std::byte{value}); }
    void number(std::uint64_t value)
    {
        while (value >= 0x80) {
            byte(static_cast<std::uint8_t>(value | 0x80));
            value >>= 7;
        }
        byte(static_cast<std::uint8_t>(value));
    }
    void difference(std::uint64_t from, std::uint64_t to) { number(zigzag(to - from)); }
    void text(std::string_view value)
    {
        number(value.size());
        for (const char c : value)
            byte(static_cast<std::uint8_t>(c));
    }
    std::size_t size() const { return m_bytes.size(); }
    Bytes take() { return std::move(m_bytes); }

private:
    Bytes m_bytes;
};

/// Reads what a Packer wrote. After the first thing that is not there every further one is 0 or empty, and
/// good() is false: callers check once, at the end, and bound their loops by count().
class Unpacker {
public:
    explicit Unpacker(ByteView bytes)
        : m_bytes(bytes)
    {
    }

    bool good() const { return m_good; }
    bool atEnd() const { return m_position == m_bytes.size(); }
    std::size_t left() const { return m_bytes.size() - m_position; }
    void fail()
    {
        m_good = false;
        m_position = m_bytes.size();
    }

    std::uint8_t byte()
    {
        if (atEnd()) {
            m_good = false;
            return 0;
        }
        return std::to_integer<std::uint8_t>(m_bytes[m_position++]);
    }
    std::uint64_t number()
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t next = byte();
            value |= std::uint64_t{next & 0x7fU} << shift;
            if ((next & 0x80) == 0)
                return value;
        }
        fail();
        return 0;
    }
    std::uint64_t difference(std::uint64_t from) { return from + unzigzag(number()); }
    /// A number of things that take at least `each` bytes apiece: never more than can follow.
    std::size_t count(std::size_t each = 1)
    {
        const std::uint64_t value = number();
        if (value <= left() / each)
            return static_cast<std::size_t>(value);
        fail();
        return 0;
    }
    std::string text()
    {
        std::string value(count(), '\0');
        for (char& c : value)
            c = static_cast<char>(byte());
        return value;
    }

private:
    ByteView m_bytes;
    std::size_t m_position = 0;
    bool m_good = true;
};

} // namespace pgtscope::core
