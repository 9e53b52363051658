// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstring>
#include <iterator>

#include "core/paging/paging.h"

namespace pgtscope::core {

/// One entry of a table and where it is.
struct EntryAt {
    Entry entry;
    PhysicalAddress address; ///< Of the entry itself.
    unsigned index = 0; ///< In its table.
};

enum class WhichEntries : std::uint8_t { Present, All };

/// Entries of one table in ascending order, decoded one at a time: `for (const EntryAt& at : entries)`. All
/// loops over tables go through here, so that nothing else needs to know how a table is laid out.
template <WhichEntries which>
class EntryRange {
public:
    EntryRange() = default;
    /// Entries [first, last) of the table at `address`, whose entry 0 is at `bytes`. The paging mode and the
    /// bytes must outlive the range.
    EntryRange(const Paging& paging, unsigned level, PhysicalAddress address, const std::byte* bytes,
        unsigned first, unsigned last)
        : m_rules(&paging.at(level))
        , m_present(m_rules->present)
        , m_bytes(bytes)
        , m_address(address)
        , m_level(level)
        , m_entryBytes(paging.entryBytes())
        , m_first(first)
        , m_last(last)
    {
    }

    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = EntryAt;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = EntryAt;

        explicit Iterator(const EntryRange& range)
            : m_range(range)
            , m_index(range.m_first)
        {
            settle();
        }
        EntryAt operator*() const { return m_range.decoded(m_index, m_raw); }
        /// What the entry maps or references, by which most entries can be ruled out before they are decoded.
        PhysicalAddress target() const { return targetOf(*m_range.m_rules, m_raw); }
        /// Entries from this page's on, itself included, that are the same but for their pages, of
        /// `pageBytes` each, which follow each other in memory. At least 1.
        unsigned sameRun(std::uint64_t pageBytes) const
        {
            const std::uint64_t address = m_range.m_rules->pageForm.address;
            const std::uint64_t others = m_raw & ~address;
            std::uint64_t next = (m_raw & address) + pageBytes;
            unsigned end = m_index + 1;
            for (; end != m_range.m_last && (next & ~address) == 0; ++end, next += pageBytes)
                if (m_range.raw(end) != (others | next))
                    break;
            return end - m_index;
        }
        Iterator& operator++() { return *this += 1; }
        Iterator& operator+=(unsigned entries)
        {
            m_index += entries;
            settle();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return m_index == m_range.m_last; }

    private:
        /// Goes on to the next entry that belongs to the range.
        void settle()
        {
            for (; m_index != m_range.m_last; ++m_index) {
                m_raw = m_range.raw(m_index);
                if (which == WhichEntries::All || m_range.m_present.holds(m_raw))
                    return;
            }
        }

        // A copy, so that a loop keeps it in registers.
        EntryRange m_range;
        unsigned m_index;
        std::uint64_t m_raw = 0;
    };

    Iterator begin() const { return Iterator(*this); }
    std::default_sentinel_t end() const { return {}; }

    /// The entry of that index, whether it belongs to the range or not.
    EntryAt at(unsigned index) const { return decoded(index, raw(index)); }

private:
    EntryAt decoded(unsigned index, std::uint64_t raw) const
    {
        return {decodeEntry(*m_rules, m_level, raw), m_address + std::uint64_t{index} * m_entryBytes, index};
    }
    std::uint64_t raw(unsigned index) const
    {
        if (m_entryBytes == 8) {
            std::uint64_t raw = 0;
            std::memcpy(&raw, m_bytes + std::size_t{index} * 8, sizeof raw);
            return raw;
        }
        std::uint32_t raw = 0;
        std::memcpy(&raw, m_bytes + std::size_t{index} * 4, sizeof raw);
        return raw;
    }

    const LevelRules* m_rules = nullptr;
    BitTest m_present;
    const std::byte* m_bytes = nullptr;
    PhysicalAddress m_address;
    unsigned m_level = 0;
    unsigned m_entryBytes = 8;
    unsigned m_first = 0;
    unsigned m_last = 0;
};

} // namespace pgtscope::core
