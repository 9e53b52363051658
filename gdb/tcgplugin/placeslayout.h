// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

/// The file that the plugin inside QEMU shares with a debugger that wants a guest stopped before code that
/// QEMU has not translated yet, after stores into an entry, or after a number of instructions. Addresses are
/// linear. The plugin reads and writes it while the guest runs, the other side while the guest is stopped,
/// `held` and `holding` aside.
namespace pgtscope::places {

inline constexpr std::uint32_t magic = 0x5054'4750; // "PGTP"
inline constexpr std::uint32_t format = 3;
inline constexpr std::uint32_t maxPlaces = 256;
inline constexpr unsigned translatedBits = 23; ///< 2^23 marks: a boot translates some 300,000 pieces.
inline constexpr unsigned pieceBits = 4; ///< Of 16 bytes, which is how compilers align functions.

inline constexpr std::uint32_t maxWriters = 64;
inline constexpr std::uint32_t maxValues
    = 131'072; ///< Linux stores an entry of a fixmap some thousand times.

/// Values that are stored into one entry, one after the other, by known instructions: after the last of them
/// the guest is stopped. What `writers` has must be there before QEMU translates that code.
struct Stores {
    std::uint64_t offset = 0; ///< Of the entry in RAM, in bytes.
    std::uint64_t physical = 0; ///< Its address.
    std::uint32_t bytes = 0; ///< Of the entry, 4 or 8.
    std::uint32_t writerCount = 0; ///< 0: no entry is looked at.
    std::uint32_t valueCount = 0;
    std::uint32_t done = 0; ///< How many of them were stored.
    std::uint32_t counting = 0; ///< 0: what is stored does not count yet.
    std::array<std::uint64_t, maxWriters> writers; ///< Addresses of instructions, `writerCount` of them.
    std::array<std::uint64_t, maxValues> values; ///< `valueCount` of them.
};

/// Instructions of the only CPU: before a block with which `left` of them have begun it is held.
struct Instructions {
    std::uint32_t looked = 0; ///< 0: what QEMU translates from now on is not counted.
    std::uint32_t counting = 0; ///< 0: what begins does not count.
    std::uint64_t left = 0; ///< Until the CPU is held; 0 while counting: it was.
    std::uint64_t last = 0; ///< Linear address of the block that began last.
};

struct Places {
    std::uint32_t magic = 0;
    std::uint32_t format = 0;
    std::int32_t consumer = 0; ///< Process that stops the guest: once it is gone nothing is held.
    std::atomic<std::uint32_t> attached = 0; ///< The plugin is loaded, and sees when the guest may go on.
    std::atomic<std::uint32_t> holding = 0; ///< 0: blocks are met, and not held.
    std::atomic<std::uint32_t> held = 0; ///< A CPU waits with a block until the guest is being stopped.
    std::uint64_t block = 0; ///< Begin of the block that was held last; 0: none was since it was set to 0.
    std::uint32_t count = 0;
    std::uint32_t metCount = 0;
    std::array<std::uint64_t, maxPlaces> wanted; ///< `count` of them.
    std::array<std::uint64_t, maxPlaces>
        met; ///< `metCount` of them: in translated code by now, not wanted any more.
    std::array<std::uint64_t, (1U << translatedBits) / 64>
        translated; ///< A mark for each piece of code, by a hash.
    Stores stores;
    Instructions instructions;
};

/// The mark of a piece of code: Fibonacci hashing (Knuth, TAOCP vol. 3, 6.4).
constexpr std::size_t markOf(std::uint64_t address)
{
    return static_cast<std::size_t>((address >> pieceBits) * 0x9e37'79b9'7f4a'7c15 >> (64 - translatedBits));
}

constexpr bool isMarked(const Places& places, std::uint64_t address)
{
    const std::size_t mark = markOf(address);
    return (places.translated[mark / 64] >> mark % 64 & 1U) != 0;
}

} // namespace pgtscope::places
