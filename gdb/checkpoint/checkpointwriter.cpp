// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/checkpoint/checkpointwriter.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/numbers.h"
#include "gdb/checkpoint/devicestate.h"
#include "gdb/checkpoint/ramfile.h"

namespace pgtscope::gdb {

namespace {

/// Of zstd: a guest waits while its pages are packed.
constexpr int quickCompression = 1;

} // namespace

std::size_t CheckpointWriter::HashOfHash::operator()(const core::ContentHash& hash) const
{
    std::size_t part = 0;
    std::memcpy(&part, hash.data(), sizeof part);
    return part;
}

CheckpointWriter::CheckpointWriter(
    LiveFolder folder, CheckpointIndex index, std::string key, std::uint64_t space)
    : m_folder(std::move(folder))
    , m_index(std::move(index))
    , m_key(std::move(key))
    , m_space(space)
{
}

core::Result<std::unique_ptr<CheckpointWriter>> CheckpointWriter::create(
    const std::string& recording, const core::GuestDescription& guest, std::uint64_t space)
{
    ASSIGN_OR_RETURN(auto key, checkpointKey());
    ASSIGN_OR_RETURN(auto folder, LiveFolder::create(recording));
    return std::unique_ptr<CheckpointWriter>(
        new CheckpointWriter(std::move(folder), {recordingId(guest), {}}, std::move(key), space));
}

core::Result<std::string> CheckpointWriter::storeChunk(core::ByteView packed)
{
    ASSIGN_OR_RETURN(auto name, m_folder.store(packed));
    if (m_chunks.emplace(name, packed.size()).second)
        m_bytes += packed.size();
    return name;
}

core::Result<StoredPart> CheckpointWriter::storePart(core::ByteView bytes)
{
    ASSIGN_OR_RETURN(auto name, storeChunk(core::compress(bytes, quickCompression)));
    return StoredPart{std::move(name), bytes.size()};
}

core::Result<void> CheckpointWriter::closeGroup()
{
    if (m_open.empty())
        return {};
    ASSIGN_OR_RETURN(auto name, storeChunk(core::compress(m_open, quickCompression)));
    m_groups[m_nextGroup++] = {std::move(name), m_open.size() / pageBytes};
    m_open.clear();
    return {};
}

core::Result<PageMap> CheckpointWriter::savePages(const RunningGuest& guest)
{
    ASSIGN_OR_RETURN(const auto ram, RamFile::open(guest.ramFile, RamFile::For::Reading));
    static const core::ContentHash zero = core::contentHash(core::Bytes(pageBytes));
    std::vector<Found> found;
    RETURN_IF_ERROR(ram.forEachPage([&](std::uint64_t page, core::ByteView content) -> core::Result<void> {
        const core::ContentHash hash = core::contentHash(content);
        if (hash == zero)
            return {};
        const auto [known, fresh] = m_known.try_emplace(hash, Place{m_nextGroup, m_open.size() / pageBytes});
        found.push_back({page, known->second});
        if (!fresh)
            return {};
        m_open.insert(m_open.end(), content.begin(), content.end());
        return m_open.size() == pagesOfGroup * pageBytes ? closeGroup() : core::Result<void>();
    }));
    RETURN_IF_ERROR(closeGroup());
    return mapOf(found);
}

PageMap CheckpointWriter::mapOf(const std::vector<Found>& found) const
{
    PageMap map;
    std::map<std::uint64_t, std::uint64_t> places; // in the map's list, by key in m_groups
    for (const Found& one : found) {
        const auto [place, fresh] = places.try_emplace(one.place.group, map.groups.size());
        if (fresh)
            map.groups.push_back(m_groups.at(one.place.group));
        PageMap::Run* last = map.runs.empty() ? nullptr : &map.runs.back();
        if (last && last->group == place->second && last->page + last->count == one.page
            && last->slot + last->count == one.place.slot)
            ++last->count;
        else
            map.runs.push_back({one.page, 1, place->second, one.place.slot});
    }
    return map;
}

core::Result<void> CheckpointWriter::save(
    const RunningGuest& guest, core::StepNumber step, nlohmann::json boot, const WaitLimit& limit)
{
    if (guest.ramFile.empty())
        return core::failure("save a checkpoint", "the guest's RAM is no file that is shared",
            "leave out what replaces it in --qemu-arg");
    if (!m_index.checkpoints.empty() && step <= m_index.checkpoints.back().step)
        return core::failure("save a checkpoint", "the recording has no step after the previous one");
    ASSIGN_OR_RETURN(const auto device, saveDeviceState(guest, limit));
    ASSIGN_OR_RETURN(const auto map, savePages(guest));
    Checkpoint made{step, {}, {}, std::move(boot)};
    ASSIGN_OR_RETURN(made.device, storePart(device));
    ASSIGN_OR_RETURN(made.pages, storePart(pack(map)));
    std::set<std::string>& used = m_used[step];
    used = {made.device.chunk, made.pages.chunk};
    for (const PageMap::Group& group : map.groups)
        used.insert(group.chunk);
    m_index.checkpoints.push_back(std::move(made));
    return thinToSpace();
}

/// The index first, then what it names no more: a killed program leaves too much rather than too little.
core::Result<void> CheckpointWriter::thinToSpace()
{
    RETURN_IF_ERROR(m_folder.storeIndex(indexText(m_index, m_key)));
    while (m_bytes > m_space && !m_index.checkpoints.empty()) {
        m_used.erase(m_index.checkpoints.front().step);
        m_index.checkpoints.erase(m_index.checkpoints.begin());
        ++m_removed;
        RETURN_IF_ERROR(m_folder.storeIndex(indexText(m_index, m_key)));
        dropUnused();
    }
    if (m_index.checkpoints.empty())
        return core::failure("save a checkpoint", "one alone takes more than " + core::sizeText(m_space),
            "give more with --checkpoint-space");
    return {};
}

void CheckpointWriter::dropUnused()
{
    std::set<std::string> used;
    for (const auto& [step, chunks] : m_used)
        used.insert(chunks.begin(), chunks.end());
    std::erase_if(m_chunks, [&](const auto& chunk) {
        if (used.contains(chunk.first))
            return false;
        m_folder.drop(chunk.first);
        m_bytes -= chunk.second;
        return true;
    });
    std::erase_if(m_groups, [&](const auto& group) { return !m_chunks.contains(group.second.chunk); });
    std::erase_if(m_known, [&](const auto& known) { return !m_groups.contains(known.second.group); });
}

} // namespace pgtscope::gdb
