// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/base/physicalmemory.h"
#include "core/paging/entryrange.h"

namespace pgtscope::core {

/// Reads by linear address through a root that no snapshot has been made of, for a few places that are known
/// beforehand. Tables are read when they are first needed and kept.
class RootReader {
public:
    /// `memory` and `paging`, whose paging is on, must outlive the reader.
    RootReader(PhysicalMemory& memory, const Paging& paging, PhysicalAddress root);

    PhysicalAddress root() const { return m_root; }
    /// One of the root's; not present if the root cannot be read.
    Entry rootEntry(unsigned index);
    /// Those of a table whose 4096 bytes these are.
    EntryRange<WhichEntries::Present> entries(const std::byte* table, unsigned level) const;
    /// The page that holds `linear`.
    struct Page {
        PhysicalAddress physical; ///< Of the page's first byte.
        std::uint64_t bytes = 0;
        Rights rights; ///< Of the whole path.
    };
    std::optional<Page> page(LinearAddress linear);
    std::optional<PhysicalAddress> translate(LinearAddress linear);
    /// The 4096 bytes of a frame; null if no RAM is there. Valid as long as the reader.
    const std::byte* frame(FrameNumber frame);

    /// The 4096 bytes at `linear`, a multiple of 4096; null if they are not mapped or cannot be read. Valid
    /// until the next call. Where RAM is not mapped into this process, a stretch is read ahead.
    const std::byte* frameAt(LinearAddress linear);
    /// An aligned word of 1, 2, 4 or 8 bytes.
    template <class Word>
    std::optional<Word> word(LinearAddress linear)
    {
        const std::byte* frame = frameAt(LinearAddress(linear.value & ~(frameBytes - 1)));
        if (!frame)
            return std::nullopt;
        Word value = 0;
        std::memcpy(&value, frame + linear.value % frameBytes, sizeof value);
        return value;
    }

private:
    struct Buffer {
        PhysicalAddress begin;
        std::vector<std::byte> bytes;
    };
    std::optional<Page> walk(LinearAddress linear);
    const std::byte* readAhead(PhysicalAddress physical, std::uint64_t most);

    PhysicalMemory& m_memory;
    const Paging& m_paging;
    PhysicalAddress m_root;
    std::unordered_map<FrameNumber, std::unique_ptr<std::byte[]>> m_frames;
    /// A page that was met, and its bytes from `mappedAt` on where they are mapped into this process.
    struct Met {
        LinearAddress linear;
        Page page;
        PhysicalAddress mappedAt;
        std::span<const std::byte> mapped;
    };
    Met* meet(LinearAddress linear);
    // Two tables are read side by side; the later used one first.
    std::array<std::optional<Met>, 2> m_met;
    std::array<Buffer, 2> m_buffers;
};

} // namespace pgtscope::core
