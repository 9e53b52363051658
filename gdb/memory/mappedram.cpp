// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/memory/mappedram.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <iterator>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "gdb/memory/fileio.h"

namespace pgtscope::gdb {

MappedRam::MappedRam(std::vector<RamPiece> pieces, int descriptor, const std::byte* begin, std::size_t bytes)
    : Channel(std::move(pieces))
    , m_descriptor(descriptor)
    , m_begin(begin)
    , m_bytes(bytes)
{
}

MappedRam::~MappedRam()
{
    ::munmap(const_cast<std::byte*>(m_begin), m_bytes);
    ::close(m_descriptor);
}

core::Result<std::unique_ptr<MappedRam>> MappedRam::open(
    const std::string& file, std::vector<RamPiece> pieces)
{
    const std::string tried = "map the guest's RAM file " + file;
    std::uint64_t needed = 0;
    const RamPiece* first = nullptr;
    for (const RamPiece& piece : pieces) {
        if (piece.rom)
            continue;
        first = first == nullptr ? &piece : first;
        needed = std::max(needed, piece.offset + piece.range.bytes());
        if (piece.block != first->block)
            return core::failure(tried, "the guest's RAM is spread over several blocks");
    }
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return core::failure(tried, std::generic_category().message(errno));
    struct stat status { };
    const bool large = ::fstat(descriptor, &status) == 0 && status.st_size > 0
        && static_cast<std::uint64_t>(status.st_size) >= needed;
    if (!large) {
        ::close(descriptor);
        return core::failure(tried, "it is smaller than the guest's RAM");
    }
    const auto bytes = static_cast<std::size_t>(status.st_size);
    void* begin = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
    if (begin == MAP_FAILED) {
        const int error = errno;
        ::close(descriptor);
        return core::failure(tried, std::generic_category().message(error));
    }
    return std::unique_ptr<MappedRam>(
        new MappedRam(std::move(pieces), descriptor, static_cast<const std::byte*>(begin), bytes));
}

const std::byte* MappedRam::mappedFrame(core::FrameNumber frame) const
{
    if (frame.value > (~0ULL >> core::frameShift))
        return nullptr;
    const auto offset = offsetOf(core::addressOf(frame));
    if (!offset)
        return nullptr;
    const auto position = static_cast<off_t>(*offset);
    return ::lseek(m_descriptor, position, SEEK_DATA) == position ? m_begin + position : nullptr;
}

/// Where the frame at `address` lies in the file; nullopt if it does not.
std::optional<std::uint64_t> MappedRam::offsetOf(core::PhysicalAddress address) const
{
    const RamPiece* piece = pieceAt(pieces(), address, core::frameBytes);
    if (piece == nullptr || piece->rom)
        return std::nullopt;
    const std::uint64_t offset = piece->offset + (address - piece->range.begin);
    if (offset % core::frameBytes != 0 || offset + core::frameBytes > m_bytes)
        return std::nullopt;
    return offset;
}

std::span<const std::byte> MappedRam::mappedRange(core::PhysicalAddress begin, std::uint64_t bytes) const
{
    const auto offset = offsetOf(begin);
    if (!offset)
        return {};
    const RamPiece* piece = pieceAt(pieces(), begin, core::frameBytes);
    const std::uint64_t wanted = std::min(bytes, piece->range.end - begin);
    return {m_begin + *offset, std::min(wanted, dataEnd(*offset, wanted) - *offset)};
}

/// Where the data that begins at `offset` ends, as far as `wanted` bytes go; `offset` itself if there is a
/// hole. The kernel looks at each page of the file up to the next hole, which can be gigabytes away, and the
/// same ranges are asked for at each stop.
std::uint64_t MappedRam::dataEnd(std::uint64_t offset, std::uint64_t wanted) const
{
    constexpr std::size_t most = 4096;
    const std::lock_guard lock(m_mutex);
    struct stat now { };
    if (::fstat(m_descriptor, &now) != 0)
        return offset;
    const auto bytes = static_cast<std::uint64_t>(now.st_size);
    const auto blocks = static_cast<std::uint64_t>(now.st_blocks);
    if (bytes != m_fileBytes || blocks < m_fileBlocks || m_extents.size() == most)
        m_extents.clear();
    m_fileBytes = bytes;
    m_fileBlocks = blocks;
    const auto next = m_extents.upper_bound(offset);
    if (next != m_extents.begin() && offset + wanted <= std::prev(next)->second)
        return std::prev(next)->second;
    const auto position = static_cast<off_t>(offset);
    if (::lseek(m_descriptor, position, SEEK_DATA) != position)
        return offset;
    const off_t hole = ::lseek(m_descriptor, position, SEEK_HOLE);
    if (hole < 0)
        return offset;
    // A hole begins where a page of the file ends, but the file may end anywhere.
    const std::uint64_t end = std::min(static_cast<std::uint64_t>(hole), std::uint64_t{m_bytes})
        / core::frameBytes * core::frameBytes;
    recordExtent(offset, end);
    return end;
}

/// Extents do not overlap: those that the new one reaches become part of it.
void MappedRam::recordExtent(std::uint64_t begin, std::uint64_t end) const
{
    auto at = m_extents.upper_bound(begin);
    if (at != m_extents.begin() && std::prev(at)->second >= begin)
        begin = (--at)->first;
    while (at != m_extents.end() && at->first <= end) {
        end = std::max(end, at->second);
        at = m_extents.erase(at);
    }
    m_extents.emplace(begin, end);
}

core::Result<void> MappedRam::readRam(std::span<RamChunk> chunks)
{
    for (RamChunk& chunk : chunks)
        chunk.ok = readFully(m_descriptor, chunk.blockOffset(), chunk.bytes);
    return {};
}

} // namespace pgtscope::gdb
