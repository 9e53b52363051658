// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

/// The file that the plugin inside QEMU and the recorder share: one page of words, the request, the ring.
/// Addresses in it are offsets in the guest's RAM block, as QEMU's plugin interface reports them.
namespace pgtscope::writes {

inline constexpr std::uint32_t ringMagic = 0x5752'5447; // "GTRW"
inline constexpr std::uint32_t ringFormat = 2;
inline constexpr std::uint32_t ringRecords = 1U << 16; ///< A power of two.
inline constexpr std::uint32_t maxRoots = 8192;
inline constexpr std::uint32_t maxPieces = 8;
inline constexpr std::uint32_t maxSetters = 128;
inline constexpr unsigned levelCount = 6; ///< Levels 1 to 5; 0 is not used.

enum class RecordKind : std::uint8_t {
    Page = 1, ///< A page has become a table: all of it is 0 but for the Found records that follow.
    Found, ///< What a word held when its page became a table, and who wrote it last.
    Write, ///< A store that changed a word of a table.
    Repeat, ///< `count` stores in a row by one instruction that left the words as they were.
};

/// 40 bytes.
struct Record {
    std::uint64_t offset = 0; ///< Of the word (of the first one, of a Repeat), in bytes.
    std::uint64_t value = 0; ///< Of the word after the store.
    std::uint64_t rip = 0; ///< Linear address of the instruction; 0: not known.
    std::uint64_t caller
        = 0; ///< In the function that called the setter that `rip` is in; 0: not known, or none.
    std::uint32_t count = 0; ///< Repeat: number of stores. Otherwise 1.
    RecordKind kind = RecordKind::Write;
    std::uint8_t bytes = 0; ///< Size of the store; 0: not known.
    std::uint16_t cpu = 0;
};
static_assert(sizeof(Record) == 40);

/// How entries of a level lead on; a plain copy of what core::Paging knows.
struct Level {
    std::uint32_t entries = 0;
    std::uint32_t mayBePage = 0;
    std::uint64_t tableAddress = 0; ///< Bits of an entry that name the table below.
};

/// A piece of guest-physical memory and where it lies in the RAM block.
struct Piece {
    std::uint64_t begin = 0; ///< Guest-physical.
    std::uint64_t bytes = 0;
    std::uint64_t offset = 0;
};

struct Root {
    std::uint64_t address = 0; ///< Guest-physical, of entry 0.
    std::uint64_t level = 0;
};

/// A function that stores what others want stored, so that its caller is the writer.
struct Setter {
    std::uint64_t begin = 0; ///< Linear address of its first instruction.
    std::uint64_t end = 0; ///< Exclusive.
    std::uint64_t entersHypervisor = 0; ///< Not 0: it stores nothing, a hypervisor below it does.
};

/// Written by the recorder while the guest is stopped; taken up before the next store is looked at.
struct Request {
    std::uint32_t levels = 0; ///< 0: paging is off, nothing is a table.
    std::uint32_t entryBytes = 0; ///< 4 or 8; with paging off, what the kernel is expected to use.
    std::array<Level, levelCount> rules;
    std::uint32_t pieceCount = 0;
    std::uint32_t rootCount = 0;
    std::uint32_t setterCount = 0;
    std::array<Piece, maxPieces> pieces;
    std::array<Root, maxRoots> roots;
    std::array<Setter, maxSetters> setters; ///< By address, none within another.
    std::uint64_t hypervisorBegin = 0; ///< Linear addresses of a hypervisor's code; end 0: there is none.
    std::uint64_t hypervisorEnd = 0;
};

struct Header {
    std::uint32_t magic = 0;
    std::uint32_t format = 0;
    std::int32_t consumer = 0; ///< Process that reads the ring: when it is gone the plugin does not wait.
    std::atomic<std::uint32_t> attached = 0; ///< The plugin runs and has found the guest's RAM.
    std::atomic<std::uint32_t> generation = 0; ///< Grows whenever what the plugin has cached may be wrong.
    std::atomic<std::uint32_t> pending = 0; ///< A request waits.
    std::atomic<std::uint32_t> lost
        = 0; ///< Records were dropped: the consumer was gone, or memory was short.
    alignas(64) std::atomic<std::uint64_t> produced = 0; ///< Number of records ever.
    alignas(64) std::atomic<std::uint64_t> consumed = 0;
    /// A run of Repeats that is not in the ring yet; count 0: none. The recorder takes it while the guest is
    /// stopped.
    alignas(64) Record run;
};

struct Shared {
    Header header;
    alignas(4096) Request request;
    alignas(4096) std::array<Record, ringRecords> ring;
};

} // namespace pgtscope::writes
