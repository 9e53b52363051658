// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/memory/channel.h"

#include <algorithm>
#include <array>

namespace pgtscope::gdb {

namespace {

core::RamMap allOf(const std::vector<RamPiece>& pieces)
{
    std::vector<core::PhysicalRange> ranges;
    for (const RamPiece& piece : pieces)
        ranges.push_back(piece.range);
    return core::RamMap(std::move(ranges));
}

} // namespace

Channel::Channel(std::vector<RamPiece> pieces)
    : m_pieces(std::move(pieces))
    , m_map(ramMapOf(m_pieces))
    , m_readable(allOf(m_pieces))
{
}

core::Result<void> Channel::setPieces(std::vector<RamPiece> pieces)
{
    m_pieces = std::move(pieces);
    m_map = ramMapOf(m_pieces);
    m_readable = allOf(m_pieces);
    return {};
}

core::Result<void> Channel::readRom(std::span<RamChunk> chunks)
{
    if (readsRom())
        RETURN_IF_ERROR(readRam(chunks));
    std::vector<RamChunk> left;
    std::copy_if(chunks.begin(), chunks.end(), std::back_inserter(left),
        [](const RamChunk& chunk) { return !chunk.ok; });
    if (left.empty() || !m_romReader)
        return {};
    auto done = m_romReader->readRam(left);
    auto read = left.begin();
    for (RamChunk& chunk : chunks)
        if (!chunk.ok)
            chunk.ok = done && (read++)->ok;
    return done;
}

core::Result<void> Channel::read(std::span<core::PhysicalRead> batch)
{
    struct Part {
        std::vector<RamChunk> chunks;
        std::vector<std::size_t> owners; ///< Of each chunk, in the batch.
    };
    std::array<Part, 2> parts; // RAM, then ROM
    parts[0].chunks.reserve(batch.size());
    for (std::size_t index = 0; index < batch.size(); ++index) {
        core::PhysicalRead& read = batch[index];
        read.ok = m_readable.contains(read.address, read.bytes.size());
        core::PhysicalAddress at = read.address;
        for (std::span<std::byte> left = read.bytes; read.ok && !left.empty();) {
            const RamPiece* piece = pieceAt(m_pieces, at, 1);
            const std::uint64_t count = std::min<std::uint64_t>(left.size(), piece->range.end - at);
            Part& part = parts[piece->rom ? 1 : 0];
            part.chunks.push_back({piece, at, left.first(count)});
            part.owners.push_back(index);
            left = left.subspan(count);
            at = at + count;
        }
    }
    core::Result<void> done;
    for (Part& part : parts) {
        if (done && !part.chunks.empty())
            done = &part == &parts[0] ? readRam(part.chunks) : readRom(part.chunks);
        for (std::size_t index = 0; index < part.chunks.size(); ++index)
            if (!done || !part.chunks[index].ok)
                batch[part.owners[index]].ok = false;
    }
    return done;
}

std::vector<ChunkRun> joinChunks(std::span<RamChunk> chunks, std::uint64_t gap, std::uint64_t most)
{
    std::vector<RamChunk*> order;
    order.reserve(chunks.size());
    for (RamChunk& chunk : chunks)
        order.push_back(&chunk);
    std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->address < b->address; });
    std::vector<ChunkRun> runs;
    for (RamChunk* chunk : order) {
        const std::uint64_t size = chunk->bytes.size();
        if (!runs.empty() && runs.back().chunks.back()->piece == chunk->piece) {
            ChunkRun& last = runs.back();
            const std::uint64_t distance = chunk->address - last.begin;
            if (distance <= last.bytes + gap && distance + size <= most) {
                last.bytes = std::max(last.bytes, distance + size);
                last.chunks.push_back(chunk);
                continue;
            }
        }
        runs.push_back({chunk->address, size, {chunk}});
    }
    return runs;
}

std::vector<RamChunk> splitChunks(
    std::span<const RamChunk> chunks, std::uint64_t most, std::vector<std::size_t>& owner)
{
    std::vector<RamChunk> parts;
    parts.reserve(chunks.size());
    for (std::size_t index = 0; index < chunks.size(); ++index) {
        const RamChunk& chunk = chunks[index];
        for (std::uint64_t at = 0; at < chunk.bytes.size(); at += most) {
            const std::uint64_t count = std::min<std::uint64_t>(most, chunk.bytes.size() - at);
            parts.push_back({chunk.piece, chunk.address + at, chunk.bytes.subspan(at, count)});
            owner.push_back(index);
        }
    }
    return parts;
}

} // namespace pgtscope::gdb
