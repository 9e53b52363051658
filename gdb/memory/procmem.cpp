// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/memory/procmem.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <optional>
#include <system_error>
#include <unistd.h>

#include "core/base/numbers.h"
#include "gdb/memory/fileio.h"
#include "gdb/stub/stoppedguest.h"

namespace pgtscope::gdb {

using core::hexText;

namespace {

/// The address at the end of "Host virtual address for 0x1000 (pc.ram) is 0x7f0000001000".
std::optional<std::uint64_t> hostAddress(std::string_view text)
{
    constexpr std::string_view mark = " is 0x";
    const std::size_t at = text.rfind(mark);
    std::uint64_t value = 0;
    if (at == std::string_view::npos || !text.starts_with("Host virtual address"))
        return std::nullopt;
    const char* begin = text.data() + at + mark.size();
    return std::from_chars(begin, text.data() + text.size(), value, 16).ec == std::errc()
        ? std::optional(value)
        : std::nullopt;
}

} // namespace

ProcMem::ProcMem(StoppedGuest& guest, std::vector<RamPiece> pieces, int descriptor)
    : Channel(std::move(pieces))
    , m_guest(guest)
    , m_descriptor(descriptor)
{
}

ProcMem::~ProcMem() { ::close(m_descriptor); }

core::Result<std::unique_ptr<ProcMem>> ProcMem::open(
    StoppedGuest& guest, std::int64_t processId, std::vector<RamPiece> pieces)
{
    const std::string file = "/proc/" + std::to_string(processId) + "/mem";
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return core::failure("open " + file, std::generic_category().message(errno),
            "run as root, or allow tracing (kernel.yama.ptrace_scope=0)");
    std::unique_ptr<ProcMem> channel(new ProcMem(guest, std::move(pieces), descriptor));
    RETURN_IF_ERROR(channel->locate());
    return channel;
}

core::Result<void> ProcMem::setPieces(std::vector<RamPiece> pieces)
{
    RETURN_IF_ERROR(Channel::setPieces(std::move(pieces)));
    return locate();
}

core::Result<void> ProcMem::locate()
{
    const std::string tried = "find the guest's RAM in QEMU's address space";
    m_blocks.clear();
    for (const RamPiece& piece : pieces()) {
        // Both ends, because a block that was put together from several mappings would not be contiguous.
        for (const core::PhysicalAddress address : {piece.range.begin, piece.range.end - core::frameBytes}) {
            ASSIGN_OR_RETURN(auto text, m_guest.monitor("gpa2hva " + hexText(address.value)));
            const auto host = hostAddress(text);
            const std::uint64_t offset = piece.offset + (address - piece.range.begin);
            // Elsewhere than RAM is, a device may answer in the place of memory: the stub reads that.
            if (piece.rom && !host)
                break;
            if (!host || *host < offset)
                return core::failure(tried, "the monitor answered \"" + text.substr(0, 80) + "\"");
            const auto [block, isNew] = m_blocks.try_emplace(piece.block, *host - offset);
            if (block->second != *host - offset)
                return core::failure(tried, "RAM block \"" + piece.block + "\" is not contiguous there");
        }
    }
    return {};
}

core::Result<void> ProcMem::readRam(std::span<RamChunk> chunks)
{
    for (RamChunk& chunk : chunks) {
        const auto block = m_blocks.find(chunk.piece->block);
        chunk.ok = block != m_blocks.end()
            && readFully(m_descriptor, block->second + chunk.blockOffset(), chunk.bytes);
    }
    // The memory of a process that has ended reads as nothing at all: that is no gap, the guest is gone.
    std::byte probe{};
    if (!m_blocks.empty() && !readFully(m_descriptor, m_blocks.begin()->second, std::span(&probe, 1)))
        return core::failure("read QEMU's memory", "its process is gone", "start the guest again");
    return {};
}

} // namespace pgtscope::gdb
