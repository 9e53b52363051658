// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/capture/guestreader.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "core/base/numbers.h"
#include "core/linux/detached.h"
#include "core/linux/events.h"
#include "core/linux/labguest.h"
#include "core/linux/layout.h"
#include "core/linux/pageisolation.h"
#include "core/symbols/symbolcache.h"
#include "core/walk/runs.h"
#include "core/walk/translation.h"
#include "core/xen/refusedtables.h"
#include "core/xen/xenprobe.h"
#include "gdb/stub/target.h"

namespace pgtscope::gdb {

GuestReader::GuestReader(std::unique_ptr<StoppedGuest> guest, core::CancelFlag& cancel)
    : m_guest(std::move(guest))
    , m_cancel(cancel)
{
}

core::Result<std::optional<core::KernelSymbols>> GuestReader::kernelOf(
    const SessionOptions& options, const core::Progress& progress)
{
    const bool named = !options.kernelFile.empty();
    if (!named && !options.guest)
        return std::nullopt;
    if (progress)
        progress("Reading the kernel's symbols", 0, 0);
    auto loaded = core::SymbolCache().load(named ? options.kernelFile : options.guest->spec.kernel.string());
    if (loaded)
        return std::move(*loaded);
    if (named)
        return tl::unexpected(loaded.error());
    return std::nullopt;
}

core::Result<void> GuestReader::prepare(
    const SessionOptions& options, std::optional<core::KernelSymbols> kernel, Target* gdb)
{
    const bool knownCpu = options.guest && options.guest->features.known;
    m_features = knownCpu ? options.guest->features : m_guest->features();
    if (options.physicalAddressBits) {
        m_features.physicalAddressBits = *options.physicalAddressBits;
        m_features.known = true;
    }
    m_ofDomain = options.guest && !options.guest->spec.beginsAfter.empty();
    const bool domain = gdb != nullptr && !gdb->facts().can.controlRegisters;
    if (auto opened = domain ? openDomain(*gdb) : openChannel(options, gdb); !opened)
        return opened;
    if (options.pgtBuf)
        m_pgtBuf.goOn(*options.pgtBuf);
    if (kernel)
        useKernel(std::move(*kernel), options);
    return {};
}

core::Result<void> GuestReader::openDomain(Target& gdb)
{
    if (gdb.endpoint().gdbsxBits != 64)
        return core::failure("read the domain's page tables", "the P2M of a 32-bit domain is not understood",
            "debug a 64-bit domain, with gdbsx -a DOMAIN 64 PORT");
    auto memory = std::make_unique<DomainMemory>(
        DomainAccess{[&gdb](core::LinearAddress address, std::span<std::byte> bytes) {
                         return gdb.readLinear(address, bytes);
                     },
            [&gdb](std::string_view name) { return gdb.evaluate(name); }});
    m_domain = memory.get();
    m_channel = std::move(memory);
    m_channelNotes.emplace_back("every other way: gdbsx reads linear addresses only");
    return {};
}

/// What the stub does not show of the CPU comes from the domain's own kernel.
core::Result<void> GuestReader::lookAtDomain(core::CpuState& cpu, const CaptureRequest& request)
{
    if (auto looked = m_domain->look(m_symbols, request.root); !looked)
        return looked;
    cpu.control.cr3 = m_domain->state()->root.value;
    return {};
}

core::Result<void> GuestReader::openChannel(const SessionOptions& options, Target* gdb)
{
    ChannelRequest request;
    request.name = options.channel;
    if (options.guest) {
        request.ramFile = options.guest->ramFile.string();
        request.processId = options.guest->process.pid;
    }
    auto chosen = chooseChannel(*m_guest, gdb, request);
    RETURN_IF_ERROR(chosen);
    m_channel = std::move(chosen->channel);
    m_channelNotes = std::move(chosen->notes);
    const auto& ranges = m_channel->ramMap().ranges();
    // Under Xen the domain's own count ends before the machine's memory does.
    m_pgtBuf
        = core::PgtBufTracker(core::GuestFrame(ranges.empty() ? 0 : core::frameOf(ranges.back().end).value));
    return {};
}

void GuestReader::useKernel(core::KernelSymbols kernel, const SessionOptions& options)
{
    // A System.map has no banner to look for: its addresses are taken as they are.
    if (auto clues = core::slideCluesOf(kernel))
        m_slideClues = std::move(*clues);
    else
        m_slideState = core::SlideState::Found;
    m_hasDwarf = kernel.hasDwarf && !kernel.gdbFile.empty();
    m_symbols = std::move(kernel.table);
    const std::string commandLine = options.guest ? " " + options.guest->spec.append + " " : "";
    // KASLR does not apply to a PV kernel: Xen loads it where it was linked.
    const bool underXen = options.guest && !options.guest->spec.hypervisor.empty();
    m_assumeLinked = underXen || commandLine.find(" nokaslr ") != std::string::npos || options.slide
        || core::runsWhereLinked(m_symbols);
    m_symbols.setSlide(options.slide.value_or(0));
}

namespace {

std::vector<core::LinearAddress> executableMappings(const core::Snapshot& snapshot)
{
    constexpr std::size_t enough = 4096;
    std::vector<core::LinearAddress> starts;
    core::RunOptions options;
    options.physicallyContiguous = false;
    core::forEachRun(snapshot, options, [&](const core::Run& run) {
        if (run.kind == core::RunKind::Mapping && run.rights.execute)
            starts.push_back(run.begin);
        return starts.size() < enough;
    });
    return starts;
}

} // namespace

void GuestReader::findSlide(const core::Snapshot& snapshot)
{
    if (!m_slideClues || m_slideState == core::SlideState::Found)
        return;
    const auto answer = core::findSlide(
        *m_slideClues, [&] { return executableMappings(snapshot); },
        [&](core::LinearAddress linear, std::span<std::byte> bytes) {
            return core::readLinear(snapshot, memory(), linear, bytes);
        });
    m_slideState = answer.state;
    if (answer.state == core::SlideState::Found)
        m_symbols.setSlide(answer.slide);
}

core::Result<core::CpuState> GuestReader::cpuState(unsigned id)
{
    ASSIGN_OR_RETURN(auto cpus, m_guest->cpus());
    for (const core::CpuState& cpu : cpus)
        if (cpu.id == id)
            return cpu;
    return core::failure("look at CPU " + std::to_string(id),
        "the guest has " + std::to_string(cpus.size()) + " CPUs", "count from 0");
}

core::Result<void> GuestReader::refreshRam()
{
    ASSIGN_OR_RETURN(auto pieces, m_guest->ram());
    return pieces == m_channel->pieces() ? core::Result<void>{} : m_channel->setPieces(std::move(pieces));
}

core::Result<core::SnapshotPtr> GuestReader::capture(const CaptureRequest& request)
{
    ASSIGN_OR_RETURN(auto cpu, cpuState(request.cpu));
    RETURN_IF_ERROR(m_domain ? lookAtDomain(cpu, request) : refreshRam());
    core::SnapshotBuilder builder(memory(), cpu, m_features);
    RETURN_IF_ERROR(lookForXen(builder, cpu));
    core::CaptureOptions options;
    ASSIGN_OR_RETURN(const auto root, rootToWalk(request, cpu));
    options.root = root;
    options.previous = request.previous.get();
    options.cancel = &m_cancel;
    RETURN_IF_ERROR(builder.captureTables(options));
    RETURN_IF_ERROR(builder.captureDetached(tablesKnownToXen(), options));
    RETURN_IF_ERROR(describe(builder, options, request));
    RETURN_IF_ERROR(m_guest->checkStillStopped());
    return builder.finish();
}

/// The one asked for; else the one that CR3 hides: Xen's true one, that of the lab's kernel beside its
/// checker's, the kernel's half of KPTI. nullopt: CR3's own.
core::Result<std::optional<core::PhysicalAddress>> GuestReader::rootToWalk(
    const CaptureRequest& request, const core::CpuState& cpu)
{
    if (request.root)
        return request.root;
    if (m_xen)
        return m_xen->root;
    if (const auto beside = rootBesideChecker(request, cpu))
        return beside;
    return core::kernelHalf(memory(), cpu, m_features);
}

core::Result<void> GuestReader::describe(
    core::SnapshotBuilder& builder, const core::CaptureOptions& options, const CaptureRequest& request)
{
    const core::Snapshot& snapshot = builder.peek();
    builder.setDying(request.dying);
    findSlide(snapshot);
    if (m_xen)
        readP2m(builder, request);
    const core::SymbolTable* symbols = placed() && !m_symbols.empty() ? &m_symbols : nullptr;
    builder.setLinearRegions(core::linuxLinearRegions(snapshot, symbols, memory()));
    if (!symbols)
        return {};
    builder.setPhysicalRegions(core::linuxPhysicalRegions(snapshot, m_symbols, memory()));
    if (const auto at = m_symbols.at(snapshot.cpu().rip))
        builder.setRipSymbol(at->text());
    if (auto followed = followPgtBuf(snapshot, request); !followed)
        return followed;
    builder.setPgtBuf(m_pgtBuf.buffer());
    const auto notCleared = m_freshPages.notCleared();
    ASSIGN_OR_RETURN(
        const auto detached, core::findDetachedTables(snapshot, memory(), snapshot.pgtBuf(), {}, notCleared));
    std::vector<core::DetachedRoot> roots = detached.roots();
    if (core::isDying(snapshot)) {
        ASSIGN_OR_RETURN(const auto refused, core::refusedTables(snapshot, memory()));
        // What pgt_buf handed out is told by the allocator.
        for (const core::DetachedRoot& root : refused)
            if (std::none_of(
                    detached.tables.begin(), detached.tables.end(), [&](const core::DetachedTable& table) {
                        return table.frame == core::frameOf(root.address);
                    }))
                roots.push_back(root);
    }
    if (request.kernelRoot)
        for (const core::DetachedRoot& root : kernelRoots(snapshot))
            roots.push_back(root);
    auto captured = builder.captureDetached(roots, options);
    rememberBufferPages(snapshot);
    return captured;
}

/// Linux builds the tables of its later life under this root while CR3 holds another one.
std::vector<core::DetachedRoot> GuestReader::kernelRoots(const core::Snapshot& snapshot) const
{
    std::vector<core::DetachedRoot> roots;
    if (!snapshot.paging().enabled())
        return roots;
    for (const core::LinearAddress address : core::finalRoots(m_symbols)) {
        const core::Translation at = core::translate(snapshot, address);
        if (at.end == core::TranslationEnd::Mapped && at.physical.value % 32 == 0)
            roots.push_back({at.physical, snapshot.paging().levels()});
    }
    return roots;
}

core::Result<void> GuestReader::followPgtBuf(const core::Snapshot& snapshot, const CaptureRequest& request)
{
    const bool wasLive = m_pgtBuf.buffer().trust == core::PgtBufTrust::Live;
    const auto before = m_pgtBuf.buffer().epochs;
    readPgtBuf(snapshot);
    readEnforced(snapshot);
    const auto& epochs = m_pgtBuf.buffer().epochs;
    const bool grew = request.handedOut && !before.empty() && before.size() == epochs.size()
        && before.back().end < epochs.back().end;
    const auto fresh
        = grew ? snapshot.pieces({before.back().end, epochs.back().end}) : std::vector<core::FramePiece>();
    if (auto looked = grew ? m_freshPages.handedOut(fresh, memory()) : m_freshPages.look(memory()); !looked)
        return looked;
    if (!wasLive || !request.previous)
        return {};
    std::unordered_set<core::FrameNumber> known;
    for (const core::Table& table : request.previous->tables())
        known.insert(table.frame());
    std::vector<core::FrameNumber> appeared;
    for (const core::Table& table : snapshot.tables())
        if (!known.contains(table.frame()))
            appeared.push_back(table.frame());
    tablesAppeared(appeared);
    return {};
}

core::Result<void> GuestReader::lookForXen(core::SnapshotBuilder& builder, const core::CpuState& cpu)
{
    if (m_domain) {
        m_xen = std::make_shared<core::XenState>(*m_domain->state());
        builder.setXen(m_xen);
        return {};
    }
    core::XenProbeOptions options;
    options.wholeTables = memory().fast();
    options.cancel = &m_cancel;
    if (const auto roots = core::finalRoots(m_symbols); !roots.empty())
        options.kernelRoot = roots.front();
    ASSIGN_OR_RETURN(auto found, core::probeXen(memory(), cpu, m_features, options));
    m_xen = std::move(found);
    builder.setXen(m_xen);
    return {};
}

/// The variables are those of arch/x86/xen/p2m.c, Linux 3.19 and later.
void GuestReader::readP2m(core::SnapshotBuilder& builder, const CaptureRequest& request)
{
    const core::PgtBufReading at = readVariable(builder.peek(), "xen_p2m_addr");
    const core::PgtBufReading frames = readVariable(builder.peek(), "xen_p2m_size");
    if (at.hasValue() && frames.hasValue()) {
        m_xen->p2m = core::LinearAddress(at.value);
        m_xen->p2mFrames = frames.value;
    }
    const core::Snapshot* previous = request.previous.get();
    if (previous && previous->xen() && *previous->xen() == *m_xen)
        builder.setXen(previous->xenState());
}

/// Those that Xen knows, whatever root leads to them: other processes' tables, and pinned ones that no root
/// leads to yet. Parents come before children.
std::vector<core::DetachedRoot> GuestReader::tablesKnownToXen() const
{
    std::vector<core::DetachedRoot> roots;
    if (m_xen)
        for (const core::XenTable& table : m_xen->tables)
            roots.push_back({core::addressOf(table.frame), table.level()});
    std::stable_sort(
        roots.begin(), roots.end(), [](const auto& a, const auto& b) { return a.level > b.level; });
    return roots;
}

void GuestReader::tablesAppeared(std::span<const core::FrameNumber> frames)
{
    std::vector<core::GuestFrame> own;
    for (const core::FrameNumber frame : frames) {
        const auto guest = m_xen ? m_xen->ownGuestFrame(frame) : core::GuestFrame(frame.value);
        if (guest)
            own.push_back(*guest);
    }
    m_pgtBuf.tablesAppeared(own);
}

void GuestReader::rememberBufferPages(const core::Snapshot& snapshot)
{
    m_bufferPages.clear();
    m_lastEnd = readVariable(snapshot, "pgt_buf_end");
    const core::PgtBufEpoch* live = core::liveEpoch(snapshot.pgtBuf());
    if (!live)
        return;
    std::unordered_set<core::FrameNumber> tables;
    for (const core::Table& table : snapshot.tables())
        tables.insert(table.frame());
    for (const core::FramePiece& piece : snapshot.pieces(live->used())) {
        for (core::FrameNumber frame = piece.frames.begin; frame < piece.frames.end; frame = frame + 1) {
            const std::byte* mapped = tables.contains(frame) ? nullptr : memory().mappedFrame(frame);
            if (!mapped)
                continue;
            auto page = std::make_shared_for_overwrite<core::TablePage>();
            std::memcpy(page->words.data(), mapped, core::frameBytes);
            m_bufferPages.emplace_back(frame, std::move(page));
        }
    }
}

bool GuestReader::unchangedSince(const core::Snapshot& snapshot, const core::CpuState& cpu)
{
    if (cpu.control != snapshot.cpu().control || !snapshot.paging().enabled())
        return false;
    const auto same = [this](core::FrameNumber frame, const core::TablePagePtr& page) {
        const std::byte* mapped = memory().mappedFrame(frame);
        return mapped && std::memcmp(mapped, page->words.data(), core::frameBytes) == 0;
    };
    for (const core::Table& table : snapshot.tables())
        if (table.page && !same(table.frame(), table.page))
            return false;
    for (const auto& [frame, page] : m_bufferPages)
        if (!same(frame, page))
            return false;
    const core::PgtBufReading end = readVariable(snapshot, "pgt_buf_end");
    return end.outcome == m_lastEnd.outcome && end.value == m_lastEnd.value;
}

/// The lab's checker runs on tables of its own for the length of one call: the guest's are still those of the
/// capture before.
std::optional<core::PhysicalAddress> GuestReader::rootBesideChecker(
    const CaptureRequest& request, const core::CpuState& cpu)
{
    if (!request.previous || !request.previous->paging().enabled() || !m_symbols.find(core::lab::checkerRoot))
        return std::nullopt;
    const core::PgtBufReading checker = readVariable(*request.previous, core::lab::checkerRoot);
    const core::PhysicalAddress root = request.previous->paging().root(cpu.control.cr3);
    if (!checker.hasValue() || checker.value == 0 || root.value != checker.value)
        return std::nullopt;
    return request.previous->root();
}

void GuestReader::readEnforced(const core::Snapshot& snapshot)
{
    // XEN_PV_DOMAIN is 1 in enum xen_domain_type (include/xen/xen.h); the lab guest tells it by a variable.
    const core::PgtBufReading xen = readVariable(snapshot, "xen_domain_type");
    const core::PgtBufReading lab = readVariable(snapshot, core::lab::enforced);
    const auto isOne
        = [](const core::PgtBufReading& r) { return r.hasValue() && (r.value & 0xffffffff) == 1; };
    // At startup_xen the kernel does not know itself yet where it runs.
    if (m_xen)
        m_pgtBuf.setEnforced(true);
    else if (xen.hasValue() || lab.hasValue())
        m_pgtBuf.setEnforced(isOne(xen) || isOne(lab));
}

core::PgtBufReading GuestReader::readVariable(const core::Snapshot& snapshot, std::string_view name)
{
    const auto address = m_symbols.find(name);
    if (!address)
        return core::PgtBufReading::noSymbol();
    std::uint64_t value = 0;
    const std::size_t bytes = snapshot.paging().linearBits() == 32 ? 4 : 8;
    const auto destination = std::as_writable_bytes(std::span(&value, 1)).first(bytes);
    if (!snapshot.paging().enabled() || !core::readLinear(snapshot, memory(), *address, destination))
        return core::PgtBufReading::notMapped();
    return core::PgtBufReading::of(value);
}

void GuestReader::readPgtBuf(const core::Snapshot& snapshot)
{
    // Whoever attaches late has not seen free_initmem(): system_state tells (SYSTEM_RUNNING is 1 up to v4.12,
    // from v4.13 on everything from SYSTEM_FREEING_INITMEM or SYSTEM_RUNNING on is 2 and more).
    const core::PgtBufReading state = readVariable(snapshot, "system_state");
    if (state.hasValue() && (state.value & 0xffffffff) >= 2)
        m_pgtBuf.reached(core::PgtBufEffect::Freed);
    m_pgtBuf.read({readVariable(snapshot, "pgt_buf_start"), readVariable(snapshot, "pgt_buf_end"),
        readVariable(snapshot, "pgt_buf_top")});
    if (const auto bmPte = m_symbols.find("bm_pte")) {
        const auto at = core::translate(snapshot, *bmPte);
        if (at.end == core::TranslationEnd::Mapped)
            m_pgtBuf.setBmPte(at.physical);
    }
}

core::Result<bool> GuestReader::runsAnotherDomain(unsigned cpu)
{
    if (!m_ofDomain)
        return false;
    ASSIGN_OR_RETURN(const auto state, cpuState(cpu));
    core::XenProbeOptions rootOnly;
    rootOnly.wholeTables = false;
    ASSIGN_OR_RETURN(const auto xen, core::probeXen(memory(), state, m_features, rootOnly));
    return !xen || xen->domain.value_or(0) == 0;
}

core::Result<std::uint64_t> GuestReader::readWord(core::PhysicalAddress address, unsigned bytes)
{
    std::uint64_t value = 0;
    core::PhysicalRead read{address, std::as_writable_bytes(std::span(&value, 1)).first(bytes)};
    RETURN_IF_ERROR(memory().read(std::span(&read, 1)));
    if (!read.ok)
        return core::failure("read the entry at " + core::hexText(address.value), "no RAM is there");
    return value;
}

} // namespace pgtscope::gdb
