// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/model/snapshot.h"

namespace pgtscope::core {

/// Neighbouring entries of one table that map contiguous pages, with the same own rights and memory type.
struct LeafExtent {
    FrameNumber frame; ///< Of the first entry.
    std::uint16_t index = 0; ///< Of the first entry.
    std::uint16_t entries = 0;
    std::uint8_t patIndex = 0;
    Rights rights; ///< The entries' own.
};

/// What the entries of one table are, in the order of their indices.
struct TableDigest {
    std::vector<LeafExtent> leaves;
    std::vector<std::uint16_t> reserved; ///< Present entries with reserved bits.
};

/// The digests of tables, kept from one snapshot to the next: pages that did not change are shared by
/// neighbouring steps, so that following the steps of a boot decodes each table once for each content.
/// For one thread.
class TableDigests {
public:
    /// Of every table of the snapshot, by TableId; of one that was not read it is empty. Those of tables that
    /// this snapshot does not have are forgotten. They live until the next call.
    std::vector<const TableDigest*> of(const Snapshot& snapshot);

private:
    struct Key {
        const TablePage* page;
        unsigned level;
        std::uint64_t offset; ///< A PAE PDPT may begin anywhere in its page.
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept
        {
            return (reinterpret_cast<std::uintptr_t>(key.page) / sizeof(TablePage) * 8 + key.level)
                * 0x9e3779b97f4a7c15ULL
                ^ key.offset;
        }
    };
    struct Kept {
        TablePagePtr page; ///< So that no other page gets its address.
        TableDigest digest;
        std::uint64_t seen = 0; ///< In which call.
    };

    void forgetOtherMode(const Paging& paging);

    std::unordered_map<Key, Kept, KeyHash> m_kept;
    ControlRegisters m_control; ///< Which decide how entries are decoded, CR2 and CR3 aside.
    CpuFeatures m_features;
    std::uint64_t m_calls = 0;
};

} // namespace pgtscope::core
