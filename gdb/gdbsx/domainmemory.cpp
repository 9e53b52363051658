// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/gdbsx/domainmemory.h"

#include <algorithm>
#include <cstring>

#include "core/base/numbers.h"
#include "core/xen/p2m.h"
#include "core/xen/xenlayout.h"

namespace pgtscope::gdb {

namespace {

/// Linux arch/x86/include/asm/page_64_types.h.
constexpr core::LinearAddress imageMap{0xffffffff80000000};
constexpr core::LinearAddress defaultDirectMap{0xffff888000000000};
/// Behind it the kernel's modules begin.
constexpr std::uint64_t imageMapFrames = (512ULL << 20U) / core::frameBytes;
/// 16 GiB; their P2M alone takes minutes by this stub.
constexpr std::uint64_t maxFrames = (16ULL << 30U) / core::frameBytes;

/// Offsets in struct start_info, 64-bit.
constexpr std::string_view startMagic = "xen-3.0-x86_64";
constexpr std::size_t pageCount = 32;
constexpr std::size_t tableBase = 88;
constexpr std::size_t frameList = 104;
constexpr std::size_t startInfoBytes = 112;

const std::string lookedFor = "find the domain's memory through gdbsx";

std::uint64_t wordAt(std::span<const std::byte> bytes, std::size_t offset)
{
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

/// For the RAM map: neighbours are one piece, whatever their numbers in the domain.
std::vector<RamPiece> piecesOf(const std::vector<core::XenExtent>& extents)
{
    std::vector<RamPiece> pieces;
    for (const core::XenExtent& extent : extents) {
        const core::PhysicalAddress begin = core::addressOf(extent.machine);
        const core::PhysicalAddress end = core::addressOf(extent.machine + extent.frames);
        if (!pieces.empty() && pieces.back().range.end == begin)
            pieces.back().range.end = end;
        else
            pieces.push_back({{begin, end}, "domain", 0, false});
    }
    return pieces;
}

} // namespace

DomainMemory::DomainMemory(DomainAccess access)
    : Channel({})
    , m_access(std::move(access))
    , m_directMap(defaultDirectMap)
{
}

core::Result<std::uint64_t> DomainMemory::word(core::LinearAddress address)
{
    std::uint64_t value = 0;
    const auto read = m_access.read(address, std::as_writable_bytes(std::span(&value, 1)));
    if (!read)
        return tl::unexpected(read.error());
    return *read ? core::Result<std::uint64_t>(value)
                 : core::failure(lookedFor, "nothing is mapped at " + core::hexText(address.value));
}

/// 0 for a variable that the kernel lacks or has not mapped yet.
core::Result<std::uint64_t> DomainMemory::variable(const core::SymbolTable& symbols, std::string_view name)
{
    const auto address = symbols.find(name);
    if (!address)
        return 0;
    std::uint64_t value = 0;
    const auto read = m_access.read(*address, std::as_writable_bytes(std::span(&value, 1)));
    if (!read)
        return tl::unexpected(read.error());
    return *read ? value : 0;
}

/// Before the kernel has kept the address, it stands in RSI, as Xen put it there.
core::Result<std::optional<DomainMemory::StartInfo>> DomainMemory::startInfo(const core::SymbolTable& symbols)
{
    auto at = variable(symbols, "xen_start_info");
    if (at && *at == 0)
        at = m_access.evaluate("$rsi");
    if (!at)
        return tl::unexpected(at.error());
    std::array<std::byte, startInfoBytes> bytes{};
    const auto read = m_access.read(core::LinearAddress(*at), bytes);
    if (!read)
        return tl::unexpected(read.error());
    if (!*read || std::memcmp(bytes.data(), startMagic.data(), startMagic.size()) != 0)
        return std::nullopt;
    StartInfo info;
    info.p2m = {core::LinearAddress(wordAt(bytes, frameList)), wordAt(bytes, pageCount)};
    info.tables = core::LinearAddress(wordAt(bytes, tableBase));
    return info;
}

core::Result<void> DomainMemory::look(
    const core::SymbolTable& symbols, std::optional<core::PhysicalAddress> root)
{
    const auto begin = startInfo(symbols);
    if (!begin)
        return tl::unexpected(begin.error());
    const auto array = variable(symbols, "xen_p2m_addr");
    const auto frames = variable(symbols, "xen_p2m_size");
    const auto directMap = variable(symbols, "page_offset_base");
    if (!array || !frames || !directMap)
        return tl::unexpected((!array ? array : !frames ? frames : directMap).error());
    m_directMap = *directMap != 0 ? core::LinearAddress(*directMap) : defaultDirectMap;
    P2m p2m{core::LinearAddress(*array), *frames};
    if (*array == 0 && *begin)
        p2m = (*begin)->p2m;
    if (p2m.array.value == 0)
        return core::failure(lookedFor, "nothing tells where its P2M is",
            "name its kernel with --kernel, or attach at its first instruction");
    if (auto read = p2m == m_p2m ? core::Result<void>() : readP2m(p2m); !read)
        return read;
    if (!root)
        return findRoot(symbols, *begin);
    auto state = std::make_shared<core::XenState>(*m_state);
    state->root = *root;
    m_state = std::move(state);
    return {};
}

core::Result<void> DomainMemory::readP2m(const P2m& p2m)
{
    if (p2m.frames == 0 || p2m.frames > maxFrames)
        return core::failure(lookedFor, "its P2M has " + core::groupedText(p2m.frames) + " entries",
            "domains of up to 16 GiB can be read so");
    std::vector<std::uint64_t> entries(p2m.frames, ~std::uint64_t{0});
    constexpr std::size_t pieceEntries = core::frameBytes / sizeof(std::uint64_t);
    for (std::size_t at = 0; at < entries.size(); at += pieceEntries) {
        const auto piece = std::span(entries).subspan(at, std::min(pieceEntries, entries.size() - at));
        const auto read = m_access.read(
            core::LinearAddress(p2m.array.value + at * sizeof(std::uint64_t)), std::as_writable_bytes(piece));
        if (!read)
            return tl::unexpected(read.error());
        // Parts of the array that stand for no memory need not be mapped.
        if (!*read)
            std::fill(piece.begin(), piece.end(), ~std::uint64_t{0});
    }
    auto state = std::make_shared<core::XenState>();
    state->domain = core::XenState::untoldDomain;
    state->extents = core::extentsOf(entries, core::XenState::untoldDomain);
    state->p2m = p2m.array;
    state->p2mFrames = p2m.frames;
    if (state->extents.empty())
        return core::failure(lookedFor, "its P2M at " + core::hexText(p2m.array.value) + " names no frame",
            "check that --kernel names the kernel that runs");
    if (auto set = setPieces(piecesOf(state->extents)); !set)
        return set;
    m_state = std::move(state);
    m_p2m = p2m;
    return {};
}

/// Xen puts its own slots into each page that it takes as a root.
core::Result<bool> DomainMemory::isRoot(core::FrameNumber guest)
{
    std::uint64_t slot = 0;
    const auto read = readGuestFrame(
        guest, core::xen::firstSlot * sizeof slot, std::as_writable_bytes(std::span(&slot, 1)));
    if (!read)
        return tl::unexpected(read.error());
    return *read && (slot & 1) != 0;
}

core::Result<void> DomainMemory::findRoot(
    const core::SymbolTable& symbols, const std::optional<StartInfo>& begin)
{
    std::vector<core::LinearAddress> candidates;
    for (const char* name : {"init_top_pgt", "init_level4_pgt"})
        if (const auto root = symbols.find(name))
            candidates.push_back(*root);
    if (begin)
        candidates.push_back(begin->tables);
    auto state = std::make_shared<core::XenState>(*m_state);
    for (const core::LinearAddress candidate : candidates) {
        const core::FrameNumber guest((candidate.value - imageMap.value) / core::frameBytes);
        const auto machine = candidate < imageMap ? std::nullopt : state->machineFrame(guest);
        const auto taken = machine ? isRoot(guest) : core::Result<bool>(false);
        if (!taken)
            return tl::unexpected(taken.error());
        if (!*taken)
            continue;
        state->root = core::addressOf(*machine);
        state->rootKnown = true;
        m_state = std::move(state);
        return {};
    }
    return core::failure("find the root of the domain's tables",
        "gdbsx does not show CR3, and no page of "
        "the kernel's is one that Xen takes as a root",
        "name it with --cr3 (a machine address)");
}

core::Result<bool> DomainMemory::readGuestFrame(
    core::FrameNumber guest, std::uint64_t offset, std::span<std::byte> bytes)
{
    for (int attempt = 0; attempt < 2; ++attempt) {
        const bool direct = m_directFirst == (attempt == 0);
        if (!direct && guest.value >= imageMapFrames)
            continue;
        const core::LinearAddress base = direct ? m_directMap : imageMap;
        const auto read
            = m_access.read(core::LinearAddress(base.value + guest.value * core::frameBytes + offset), bytes);
        if (!read || *read) {
            m_directFirst = direct;
            return read;
        }
    }
    return false;
}

core::Result<void> DomainMemory::readRam(std::span<RamChunk> chunks)
{
    for (RamChunk& chunk : chunks) {
        chunk.ok = true;
        for (std::uint64_t at = 0; chunk.ok && at < chunk.bytes.size();) {
            const core::PhysicalAddress address = chunk.address + at;
            const std::uint64_t offset = address.value % core::frameBytes;
            const std::uint64_t count
                = std::min<std::uint64_t>(core::frameBytes - offset, chunk.bytes.size() - at);
            const auto guest = m_state->guestFrame(core::frameOf(address));
            const auto read = guest ? readGuestFrame(*guest, offset, chunk.bytes.subspan(at, count))
                                    : core::Result<bool>(false);
            if (!read)
                return tl::unexpected(read.error());
            chunk.ok = *read;
            at += count;
        }
    }
    return {};
}

} // namespace pgtscope::gdb
