// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/gdbsx/domainmemory.h"

#include <algorithm>
#include <cstring>

#include "core/base/numbers.h"
#include "core/linux/events.h"
#include "core/model/xenlayout.h"
#include "core/paging/madeentry.h"
#include "core/xen/p2m.h"
#include "gdb/stub/target.h"

namespace pgtscope::gdb {

namespace {

/// Linux arch/x86/include/asm/page_64_types.h.
constexpr core::LinearAddress imageMap{0xffffffff80000000};
constexpr core::LinearAddress defaultDirectMap{0xffff888000000000};
/// After it the kernel's modules begin.
constexpr std::uint64_t imageMapFrames = (512ULL << 20U) / core::frameBytes;
/// E820_MAX_ENTRIES, Linux arch/x86/include/asm/e820/types.h: 128 and three for each of 1,024 nodes.
constexpr std::uint64_t maxRanges = 128 + 3 * 1024;
/// 16 GiB; their P2M alone takes minutes by this stub.
constexpr std::uint64_t maxFrames = (16ULL << 30U) / core::frameBytes;

/// Offsets in struct start_info, 64-bit.
constexpr std::string_view startMagic = "xen-3.0-x86_64";
constexpr std::size_t pageCount = 32;
constexpr std::size_t tableBase = 88;
constexpr std::size_t tableCount = 96;
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
std::vector<RamPiece> piecesOf(const core::XenExtents& extents)
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
    ASSIGN_OR_RETURN(const auto read, m_access.read(address, std::as_writable_bytes(std::span(&value, 1))));
    return read ? core::Result<std::uint64_t>(value)
                : core::failure(lookedFor, "nothing is mapped at " + core::hexText(address.value));
}

/// 0 for a variable that the kernel lacks or has not mapped yet.
core::Result<std::uint64_t> DomainMemory::variable(const core::SymbolTable& symbols, std::string_view name)
{
    const auto address = symbols.find(name);
    if (!address)
        return 0;
    std::uint64_t value = 0;
    ASSIGN_OR_RETURN(const auto read, m_access.read(*address, std::as_writable_bytes(std::span(&value, 1))));
    return read ? value : 0;
}

/// Before the kernel has stored the address, it is in RSI, where Xen put it.
core::Result<std::optional<DomainMemory::StartInfo>> DomainMemory::startInfo(const core::SymbolTable& symbols)
{
    auto at = variable(symbols, "xen_start_info");
    if (at && *at == 0)
        at = m_access.evaluate("$rsi");
    RETURN_IF_ERROR(at);
    std::array<std::byte, startInfoBytes> bytes{};
    ASSIGN_OR_RETURN(const auto read, m_access.read(core::LinearAddress(*at), bytes));
    if (!read || std::memcmp(bytes.data(), startMagic.data(), startMagic.size()) != 0)
        return std::nullopt;
    StartInfo info;
    info.p2m = {core::LinearAddress(wordAt(bytes, frameList)), wordAt(bytes, pageCount)};
    info.tables = core::LinearAddress(wordAt(bytes, tableBase));
    info.frames = (info.tables.value - imageMap.value) / core::frameBytes + wordAt(bytes, tableCount);
    return info;
}

core::Result<void> DomainMemory::look(
    const core::SymbolTable& symbols, std::optional<core::PhysicalAddress> root)
{
    ASSIGN_OR_RETURN(const auto begin, startInfo(symbols));
    const auto array = variable(symbols, "xen_p2m_addr");
    const auto frames = variable(symbols, "xen_p2m_size");
    const auto end = variable(symbols, "max_pfn");
    const auto directMap = variable(symbols, "page_offset_base");
    for (const auto* read : {&array, &frames, &end, &directMap})
        RETURN_IF_ERROR(*read);
    m_directMap = *directMap != 0 ? core::LinearAddress(*directMap) : defaultDirectMap;
    // The array has room for memory that may be added later: 512 GiB of addresses in Debian's kernel.
    P2m p2m{core::LinearAddress(*array), *end != 0 ? std::min(*frames, *end) : *frames};
    if (*array == 0 && begin)
        p2m = begin->p2m;
    if (p2m.array.value == 0)
        return core::failure(lookedFor, "the address of its P2M is unknown",
            "name its kernel with --kernel, or attach at its first instruction");
    RETURN_IF_ERROR(p2m == m_p2m ? core::Result<void>() : readP2m(p2m));
    m_firstFrames = begin ? begin->frames : 0;
    RETURN_IF_ERROR(readDirectFrames(symbols));
    if (!root)
        return findRoot(symbols, begin);
    auto state = std::make_shared<core::XenState>(*m_state);
    state->root = *root;
    m_state = std::move(state);
    return {};
}

core::Result<void> DomainMemory::readP2m(const P2m& p2m)
{
    if (p2m.frames == 0 || p2m.frames > maxFrames)
        return core::failure(lookedFor, "its P2M has " + core::countText(p2m.frames, "entry"),
            "domains of up to 16 GiB can be read this way");
    std::vector<std::uint64_t> entries(p2m.frames, ~std::uint64_t{0});
    constexpr std::size_t pieceEntries = core::frameBytes / sizeof(std::uint64_t);
    for (std::size_t at = 0; at < entries.size(); at += pieceEntries) {
        const auto piece = std::span(entries).subspan(at, std::min(pieceEntries, entries.size() - at));
        ASSIGN_OR_RETURN(const auto read,
            m_access.read(core::LinearAddress(p2m.array.value + at * sizeof(std::uint64_t)),
                std::as_writable_bytes(piece)));
        // Parts of the array that describe no memory need not be mapped.
        if (!read)
            std::fill(piece.begin(), piece.end(), ~std::uint64_t{0});
    }
    auto state = std::make_shared<core::XenState>();
    state->domain = core::XenState::unreportedDomain;
    state->extents = core::extentsOf(entries, core::XenState::unreportedDomain);
    state->p2m = p2m.array;
    state->p2mFrames = p2m.frames;
    if (state->extents.empty())
        return core::failure(lookedFor, "its P2M at " + core::hexText(p2m.array.value) + " names no frame",
            "check that --kernel names the kernel that runs");
    RETURN_IF_ERROR(setPieces(piecesOf(state->extents)));
    m_state = std::move(state);
    m_p2m = p2m;
    return {};
}

/// pfn_mapped of arch/x86/mm/init.c. What it does not name must not be read there: Xen 4.17 does not look
/// whether the last entry is present, and takes one of zero for machine frame 0 (dbg_pv_va2mfn()).
core::Result<void> DomainMemory::readDirectFrames(const core::SymbolTable& symbols)
{
    m_directFrames.clear();
    ASSIGN_OR_RETURN(const auto count, variable(symbols, "nr_pfn_mapped"));
    const auto array = symbols.find("pfn_mapped");
    m_directFrames.resize(array ? std::min<std::uint64_t>(count & 0xffffffffU, maxRanges) : 0);
    ASSIGN_OR_RETURN(const auto read,
        m_directFrames.empty() ? core::Result<bool>(true)
                               : m_access.read(*array, std::as_writable_bytes(std::span(m_directFrames))));
    if (!read)
        m_directFrames.clear();
    return {};
}

/// Xen puts its own slots into each page that it takes as a root.
core::Result<bool> DomainMemory::isRoot(core::GuestFrame guest)
{
    std::uint64_t slot = 0;
    ASSIGN_OR_RETURN(const auto read,
        readGuestFrame(
            guest, core::xen::firstSlot * sizeof slot, std::as_writable_bytes(std::span(&slot, 1))));
    return read && core::isPresent(slot);
}

core::Result<void> DomainMemory::findRoot(
    const core::SymbolTable& symbols, const std::optional<StartInfo>& begin)
{
    std::vector<core::LinearAddress> candidates = core::finalRoots(symbols);
    if (begin)
        candidates.push_back(begin->tables);
    auto state = std::make_shared<core::XenState>(*m_state);
    for (const core::LinearAddress candidate : candidates) {
        const core::GuestFrame guest((candidate.value - imageMap.value) / core::frameBytes);
        const auto machine = candidate < imageMap ? std::nullopt : state->machineFrame(guest);
        ASSIGN_OR_RETURN(const auto taken, machine ? isRoot(guest) : core::Result<bool>(false));
        if (!taken)
            continue;
        state->root = core::addressOf(*machine);
        state->rootKnown = true;
        m_state = std::move(state);
        return {};
    }
    return core::failure("find the root of the domain's tables",
        "gdbsx does not show CR3, and Xen has no page of the kernel as a root",
        "name it with --cr3 (a machine address)");
}

core::Result<bool> DomainMemory::readGuestFrame(
    core::GuestFrame guest, std::uint64_t offset, std::span<std::byte> bytes)
{
    const bool direct = std::any_of(m_directFrames.begin(), m_directFrames.end(),
        [guest](const FrameRange& range) { return range.begin <= guest.value && guest.value < range.end; });
    const std::uint64_t place = guest.value * core::frameBytes + offset;
    if (!direct && guest.value < imageMapFrames) {
        const auto read = m_access.read(core::LinearAddress(imageMap.value + place), bytes);
        if (!read || *read)
            return read;
    }
    if (!direct && guest.value >= m_firstFrames)
        return false;
    return m_access.read(core::LinearAddress(m_directMap.value + place), bytes);
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
            ASSIGN_OR_RETURN(const auto read,
                guest ? readGuestFrame(*guest, offset, chunk.bytes.subspan(at, count))
                      : core::Result<bool>(false));
            chunk.ok = read;
            at += count;
        }
    }
    return {};
}

core::Result<std::unique_ptr<DomainMemory>> domainMemoryOf(Target& gdb)
{
    if (gdb.endpoint().gdbsxBits != 64)
        return core::failure("read the domain's page tables", "the P2M of a 32-bit domain is not supported",
            "debug a 64-bit domain, with gdbsx -a DOMAIN 64 PORT");
    return std::make_unique<DomainMemory>(
        DomainAccess{[&gdb](core::LinearAddress address, std::span<std::byte> bytes) {
                         return gdb.readLinear(address, bytes);
                     },
            [&gdb](std::string_view name) { return gdb.evaluate(name); }});
}

} // namespace pgtscope::gdb
