// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "gdb/tcgplugin/ringlayout.h"

namespace pgtscope::writes {

/// An instruction, and where it matters whom it stored for, by number: half of a pointer's room in the map of
/// last writers.
using InstructionId = std::uint32_t;

/// The guest's RAM as the plugin sees it.
struct Ram {
    const std::byte* begin = nullptr;
    std::uint64_t bytes = 0;

    /// `offset` is a multiple of `wordBytes`, which is 4 or 8.
    std::uint64_t word(std::uint64_t offset, unsigned wordBytes) const
    {
        if (wordBytes == 8)
            return read<std::uint64_t>(offset);
        return read<std::uint32_t>(offset);
    }
    /// The byte at `offset`. A processor hands on what it has just stored to a load that reads no more than
    /// that; a wider one has to wait for the store.
    std::uint8_t byte(std::uint64_t offset) const { return read<std::uint8_t>(offset); }

private:
    template <class T>
    T read(std::uint64_t offset) const
    {
        T value = 0;
        std::memcpy(&value, begin + offset, sizeof value);
        return value;
    }
};

/// What a store was.
struct Store {
    std::uint64_t offset = 0;
    unsigned bytes = 0;
    InstructionId instruction = 0;
    unsigned cpu = 0;
};

/// Tracks which pages of RAM are tables, what they held, and who wrote last to every word that looks like an
/// entry. Not safe from two threads: the caller locks.
class TableTracker {
public:
    TableTracker(Shared& shared, Ram ram);

    /// `caller`: in the function that called the setter at `rip`; 0: not known, or `rip` is in no setter.
    InstructionId instruction(std::uint64_t rip, std::uint64_t caller = 0);
    std::uint64_t rip(InstructionId instruction) const { return m_writers[instruction].rip; }
    /// The setter that an address is in; null: none.
    const Setter* setterAt(std::uint64_t address) const;
    bool inHypervisor(std::uint64_t address) const
    {
        return address >= m_request.hypervisorBegin && address < m_request.hypervisorEnd;
    }
    bool hasHypervisor() const { return m_request.hypervisorEnd != 0; }
    /// Whether the last writer of a word of memory that is no table is a setter.
    bool writtenBySetter(std::uint64_t word) const
    {
        return setterAt(rip(m_lastWriters[word / 4])) != nullptr;
    }
    /// Whether the recorder has said which addresses RAM has.
    bool knowsRam() const { return m_request.pieceCount != 0; }
    /// Where a physical address is in RAM, in bytes; beyond its end: it is not there.
    std::uint64_t offsetOf(std::uint64_t physical) const;
    bool isTable(std::uint64_t offset) const { return m_pages[offset / pageBytes] != nullptr; }
    /// Takes up the recorder's request.
    void adoptRequest();
    /// A store into a table.
    void stored(const Store& store);

    /// Bytes of a word that is looked at as one entry.
    unsigned wordBytes() const { return m_wordBytes; }
    /// One per four bytes of RAM; only the pages that are used take memory.
    InstructionId* lastWriters() const { return m_lastWriters; }
    std::uint64_t ramBytes() const { return m_ram.bytes; }

    static constexpr std::uint64_t pageBytes = 4096;

private:
    struct Part {
        std::uint64_t offset; ///< Of entry 0.
        unsigned level;
        std::uint64_t references; ///< Entries that lead here, and requests that name it.
    };
    struct Writer {
        std::uint64_t rip = 0;
        std::uint64_t caller = 0;
        bool operator==(const Writer&) const = default;
    };
    struct WriterHash {
        std::size_t operator()(const Writer& writer) const
        {
            return std::hash<std::uint64_t>()(writer.rip ^ (writer.caller << 20 | writer.caller >> 44));
        }
    };
    struct Page {
        std::vector<Part> parts;
        std::vector<std::uint64_t> held; ///< Its words as last reported.
    };

    std::uint64_t childOf(unsigned level, std::uint64_t entry) const;
    std::uint64_t held(const Page& page, std::uint64_t offset) const;
    void setHeld(Page& page, std::uint64_t offset, std::uint64_t value);
    void storedWord(const Store& store, std::uint64_t offset);
    void addReference(std::uint64_t offset, unsigned level);
    void dropReference(std::uint64_t offset, unsigned level);
    void forEachChild(const Part& part, void (TableTracker::*act)(std::uint64_t, unsigned));
    Page& becomeTable(std::uint64_t offset);
    void refresh();
    void repeated(const Record& record);
    void flushRun();
    void push(const Record& record);
    void write(const Record& record);

    Shared& m_shared;
    Ram m_ram;
    std::vector<std::unique_ptr<Page>> m_pages; // by page of RAM; null: no table
    std::size_t m_tableCount = 0;
    InstructionId* m_lastWriters = nullptr;
    std::unordered_map<Writer, InstructionId, WriterHash> m_ids;
    std::vector<Writer> m_writers; // by InstructionId; 0: not known
    unsigned m_wordBytes = 8;
    Request m_request;
};

/// Whether a word may be a present entry that a kernel made: P, and one of R/W and A (SDM vol. 3, 4.5). Words
/// that are not are no last writer's; a read-only entry that was never used is the price.
inline bool looksLikeEntry(std::uint8_t lowByte) { return (lowByte & 1) != 0 && (lowByte & 0x22) != 0; }
inline bool looksLikeEntry(std::uint64_t word, unsigned bytes)
{
    // A frame above 1 TiB. Bits 52 to 58 are free for software: Xen sets 52 in each entry of a guest kernel
    // (xen/arch/x86/include/asm/x86_64/page.h, _PAGE_GUEST_KERNEL).
    constexpr std::uint64_t farPhysical = 0x000f'ff00'0000'0000;
    return looksLikeEntry(static_cast<std::uint8_t>(word)) && (bytes == 4 || (word & farPhysical) == 0);
}

} // namespace pgtscope::writes
