// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/checkpoint/checkpoints.h"

#include "core/recording/compression.h"
#include "gdb/checkpoint/devicestate.h"
#include "gdb/checkpoint/pagemap.h"
#include "gdb/checkpoint/ramfile.h"

namespace pgtscope::gdb {

namespace {

/// zstd makes what it cannot pack a little larger.
constexpr std::size_t largestChunk = core::maxUnpackedBytes + (core::maxUnpackedBytes >> 7U);

} // namespace

core::Result<Checkpoints> Checkpoints::open(const std::string& recording, const core::GuestDescription& guest)
{
    ASSIGN_OR_RETURN(auto folder, LiveFolder::open(recording));
    ASSIGN_OR_RETURN(const auto key, checkpointKey());
    ASSIGN_OR_RETURN(const auto text, folder.loadIndex());
    ASSIGN_OR_RETURN(auto index, indexFrom(text, key));
    if (index.recording != recordingId(guest))
        return core::failure("read the recording's checkpoints", "they belong to another recording",
            "remove them with pgt recording forget-live");
    return Checkpoints(std::move(folder), std::move(index));
}

core::Result<core::Bytes> Checkpoints::part(const StoredPart& part) const
{
    ASSIGN_OR_RETURN(const auto packed, m_folder.load(part.chunk, largestChunk));
    return core::decompress(packed, part.bytes);
}

core::Result<void> Checkpoints::restorePages(const Checkpoint& checkpoint, const RunningGuest& guest) const
{
    ASSIGN_OR_RETURN(auto ram, RamFile::open(guest.ramFile, RamFile::For::Writing));
    ASSIGN_OR_RETURN(const auto list, part(checkpoint.pages));
    ASSIGN_OR_RETURN(const auto map, unpackPageMap(list, ram.pages()));
    std::vector<std::vector<const PageMap::Run*>> runs(map.groups.size());
    for (const PageMap::Run& run : map.runs)
        runs[run.group].push_back(&run);
    RETURN_IF_ERROR(ram.clear());
    for (std::size_t i = 0; i < map.groups.size(); ++i) {
        const PageMap::Group& group = map.groups[i];
        ASSIGN_OR_RETURN(const auto pages, part({group.chunk, group.pages * pageBytes}));
        for (const PageMap::Run* run : runs[i])
            RETURN_IF_ERROR(ram.write(
                run->page, core::ByteView(pages).subspan(run->slot * pageBytes, run->count * pageBytes)));
    }
    return {};
}

core::Result<void> Checkpoints::restore(
    const Checkpoint& checkpoint, const RunningGuest& guest, const WaitLimit& limit) const
{
    // What cannot be read is known before the guest is changed.
    ASSIGN_OR_RETURN(const auto device, part(checkpoint.device));
    RETURN_IF_ERROR(restorePages(checkpoint, guest));
    return restoreDeviceState(guest, device, limit);
}

} // namespace pgtscope::gdb
