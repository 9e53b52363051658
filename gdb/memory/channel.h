// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/physicalmemory.h"
#include "gdb/qemu/rammap.h"

namespace pgtscope::gdb {

/// The part of one read that lies in one piece of RAM.
struct RamChunk {
    const RamPiece* piece = nullptr;
    core::PhysicalAddress address;
    std::span<std::byte> bytes;
    bool ok = false; ///< Set by the channel.

    /// Where the chunk begins in the piece's RAM block, in bytes.
    std::uint64_t blockOffset() const { return piece->offset + (address - piece->range.begin); }
};

/// What every way to a guest's memory has in common: reads are checked against the memory map and cut at the
/// borders of its pieces, so that a channel sees nothing but RAM, and ROM where it can read that.
class Channel : public core::PhysicalMemory {
public:
    core::Result<void> read(std::span<core::PhysicalRead> batch) final;
    const core::RamMap& ramMap() const final { return m_map; }
    bool readable(core::PhysicalAddress address, std::uint64_t bytes) const final
    {
        return m_readable.contains(address, bytes);
    }
    const std::vector<RamPiece>& pieces() const { return m_pieces; }
    /// Replaces the RAM map, after firmware has changed it.
    virtual core::Result<void> setPieces(std::vector<RamPiece> pieces);
    /// Reads ROM and flash through another channel, where this one does not reach them.
    void setRomReader(std::unique_ptr<Channel> reader) { m_romReader = std::move(reader); }
    /// False if ROM and flash are out of this channel's reach.
    virtual bool readsRom() const { return true; }

protected:
    explicit Channel(std::vector<RamPiece> pieces);
    /// Reads each chunk and sets its `ok`. An Error means that the channel broke.
    virtual core::Result<void> readRam(std::span<RamChunk> chunks) = 0;

private:
    core::Result<void> readRom(std::span<RamChunk> chunks);

    std::vector<RamPiece> m_pieces;
    core::RamMap m_map;
    core::RamMap m_readable; ///< With ROM and flash.
    std::unique_ptr<Channel> m_romReader;
};

/// Neighbouring chunks that one request reads, gaps included.
struct ChunkRun {
    core::PhysicalAddress begin;
    std::uint64_t bytes = 0;
    std::vector<RamChunk*> chunks;
};

/// Sorts the chunks and joins those of the same piece that are at most `gap` bytes apart, up to `most` bytes
/// a run; a longer chunk gets a run of its own.
std::vector<ChunkRun> joinChunks(std::span<RamChunk> chunks, std::uint64_t gap, std::uint64_t most);

/// Cuts chunks that are longer than `most` bytes. `owner` gets the index of the chunk each part came from.
std::vector<RamChunk> splitChunks(
    std::span<const RamChunk> chunks, std::uint64_t most, std::vector<std::size_t>& owner);

} // namespace pgtscope::gdb
