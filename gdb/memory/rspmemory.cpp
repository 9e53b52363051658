// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/memory/rspmemory.h"

namespace pgtscope::gdb {

namespace {

/// Most that one batch may take, plus what its size needs at a tenth of the speed measured.
constexpr std::chrono::milliseconds batchTime(10000);
constexpr std::uint64_t bytesPerMillisecond = 4096;

} // namespace

RspMemory::RspMemory(StubReader& stub, std::vector<RamPiece> pieces, const core::CancelFlag* cancel)
    : Channel(std::move(pieces))
    , m_stub(stub)
    , m_cancel(cancel)
{
}

core::Result<std::unique_ptr<Channel>> RspMemory::open(
    StubReader* stub, std::vector<RamPiece> pieces, const core::CancelFlag* cancel)
{
    const std::string tried = "read physical memory from the gdbstub";
    if (stub == nullptr)
        return core::failure(tried, "gdb is connected to it directly");
    if (!stub->traits().physicalReads)
        return core::failure(
            tried, "it has no switch for physical addresses (Qqemu.PhyMemMode)", "use QEMU's gdbstub");
    return std::unique_ptr<Channel>(new RspMemory(*stub, std::move(pieces), cancel));
}

core::Result<void> RspMemory::readRam(std::span<RamChunk> chunks)
{
    std::vector<std::size_t> owner;
    const std::vector<RamChunk> parts = splitChunks(chunks, m_stub.traits().readBytes(), owner);
    std::vector<StubRead> reads;
    reads.reserve(parts.size());
    std::uint64_t bytes = 0;
    for (const RamChunk& part : parts) {
        reads.push_back({part.address, part.bytes});
        bytes += part.bytes.size();
    }
    // What is under way at once is half a window, so a long way costs its time for each.
    constexpr std::uint64_t bytesPerTrip = 32U << 10U;
    const auto trips = static_cast<std::int64_t>(8 + bytes / bytesPerTrip);
    const auto time = batchTime + std::chrono::milliseconds(bytes / bytesPerMillisecond)
        + trips * m_stub.traits().replyTime;
    RETURN_IF_ERROR(m_stub.read(reads, WaitLimit::after(time, m_cancel)));
    for (RamChunk& chunk : chunks)
        chunk.ok = true;
    for (std::size_t index = 0; index < reads.size(); ++index)
        chunks[owner[index]].ok = chunks[owner[index]].ok && reads[index].ok;
    return {};
}

} // namespace pgtscope::gdb
