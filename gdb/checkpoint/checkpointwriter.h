// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "core/recording/compression.h"
#include "gdb/checkpoint/checkpointindex.h"
#include "gdb/checkpoint/livefolder.h"
#include "gdb/checkpoint/pagemap.h"
#include "gdb/host/waitlimit.h"
#include "gdb/qemu/runningguest.h"

namespace pgtscope::gdb {

/// Saves checkpoints of one guest beside its recording. For one thread.
class CheckpointWriter {
public:
    /// `space`: bytes that the folder may take; the oldest checkpoints are removed for newer ones.
    static core::Result<std::unique_ptr<CheckpointWriter>> create(
        const std::string& recording, const core::GuestDescription& guest, std::uint64_t space);

    /// The guest, launched and stopped, is at that step, which is none of an earlier checkpoint. Once at a
    /// stop. After an error the checkpoints that were there still are.
    core::Result<void> save(
        const RunningGuest& guest, core::StepNumber step, nlohmann::json boot, const WaitLimit& limit);

    std::size_t count() const { return m_index.checkpoints.size(); }
    std::size_t removed() const { return m_removed; }
    std::uint64_t bytes() const { return m_bytes; }

private:
    /// Where a page's content is stored.
    struct Place {
        std::uint64_t group = 0; ///< Key in m_groups.
        std::uint64_t slot = 0;
    };
    struct HashOfHash {
        std::size_t operator()(const core::ContentHash& hash) const;
    };
    /// A page of the checkpoint in hand.
    struct Found {
        std::uint64_t page = 0;
        Place place;
    };

    CheckpointWriter(LiveFolder folder, CheckpointIndex index, std::string key, std::uint64_t space);
    core::Result<StoredPart> storePart(core::ByteView bytes);
    core::Result<std::string> storeChunk(core::ByteView packed);
    core::Result<PageMap> savePages(const RunningGuest& guest);
    core::Result<void> closeGroup();
    PageMap mapOf(const std::vector<Found>& found) const;
    core::Result<void> thinToSpace();
    void dropUnused();

    LiveFolder m_folder;
    CheckpointIndex m_index;
    std::string m_key;
    std::uint64_t m_space;
    std::uint64_t m_bytes = 0; ///< Of all chunks.
    std::size_t m_removed = 0;
    std::map<std::string, std::uint64_t> m_chunks; ///< All chunks of the folder, and their bytes.
    std::map<core::StepNumber, std::set<std::string>> m_used; ///< Chunks of each checkpoint.
    std::unordered_map<core::ContentHash, Place, HashOfHash> m_known; ///< Every page that is stored.
    std::map<std::uint64_t, PageMap::Group> m_groups;
    std::uint64_t m_nextGroup = 0;
    core::Bytes m_open; ///< Pages of group `m_nextGroup`, which is not stored yet.
};

} // namespace pgtscope::gdb
