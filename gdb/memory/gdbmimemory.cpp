// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/memory/gdbmimemory.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "gdb/rsp/rsppacket.h"
#include "gdb/stub/target.h"

namespace pgtscope::gdb {

namespace {

// gdb turns memory into one line of text; larger blocks do not get faster.
constexpr std::uint64_t runBytes = 256U << 10U;
// What gdb has been asked for is what a cancel has to wait for: at 4 MB/s this is a quarter of a second.
constexpr std::uint64_t windowBytes = 1U << 20U;

/// Copies what one block of the answer covers into the run's chunks. gdb 13.1 returns one byte too many, with
/// no meaning, at the end of a block that stops early.
void distribute(const MiValue& block, const ChunkRun& run)
{
    const auto begin = block.numberOf("begin");
    auto bytes = hexDecode(block.textOf("contents"));
    if (!begin || !bytes || bytes->empty())
        return;
    if (*begin + bytes->size() < run.begin.value + run.bytes)
        bytes->pop_back();
    for (RamChunk* chunk : run.chunks) {
        const std::uint64_t offset = chunk->address.value - *begin;
        const std::uint64_t size = chunk->bytes.size();
        if (chunk->address.value < *begin || offset > bytes->size() || size > bytes->size() - offset)
            continue;
        std::memcpy(chunk->bytes.data(), bytes->data() + offset, size);
        chunk->ok = true;
    }
}

} // namespace

GdbMiMemory::GdbMiMemory(Target& target, std::vector<RamPiece> pieces)
    : Channel(std::move(pieces))
    , m_target(target)
{
}

core::Result<void> GdbMiMemory::readRam(std::span<RamChunk> chunks)
{
    std::vector<std::size_t> owner;
    std::vector<RamChunk> parts = splitChunks(chunks, runBytes, owner);
    const std::vector<ChunkRun> runs = joinChunks(parts, 0, runBytes);
    auto done = m_target.setPhysicalMode(true);
    for (std::size_t at = 0; done && at < runs.size();) {
        std::size_t end = at;
        for (std::uint64_t sum = 0; end < runs.size() && (end == at || sum + runs[end].bytes <= windowBytes);
             ++end)
            sum += runs[end].bytes;
        done = readRuns(std::span(runs).subspan(at, end - at));
        at = end;
    }
    auto restored = m_target.setPhysicalMode(false);
    if (!done || !restored)
        return done ? restored : done;
    for (RamChunk& chunk : chunks)
        chunk.ok = true;
    for (std::size_t index = 0; index < parts.size(); ++index)
        chunks[owner[index]].ok = chunks[owner[index]].ok && parts[index].ok;
    return {};
}

core::Result<void> GdbMiMemory::readRuns(std::span<const ChunkRun> runs)
{
    std::optional<core::Error> problem;
    for (const ChunkRun& run : runs) {
        const std::string command
            = "-data-read-memory-bytes " + std::to_string(run.begin.value) + " " + std::to_string(run.bytes);
        m_target.submit(command, [&problem, &run](core::Result<MiRecord> result, const std::string&) {
            // gdb's words for an address that the stub refuses: a gap, not the end of the channel.
            const bool gap = !result && result.error().happened == "Unable to read memory.";
            if (!result && !gap)
                problem = problem.value_or(result.error());
            const MiValue* blocks = result ? result->results.find("memory") : nullptr;
            if (blocks != nullptr)
                for (const MiResult& block : blocks->items)
                    distribute(block.value, run);
        });
    }
    auto done = m_target.awaitAll();
    return done && problem ? tl::unexpected(*problem) : done;
}

} // namespace pgtscope::gdb
