// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/capture/guestreader.h"

#include <algorithm>

#include "core/base/numbers.h"
#include "core/linux/detached.h"
#include "core/linux/events.h"
#include "core/linux/labguest.h"
#include "core/linux/layout.h"
#include "core/linux/pageisolation.h"
#include "core/linux/recognition.h"
#include "core/model/regionnames.h"
#include "core/symbols/xensymbols.h"
#include "core/walk/translation.h"
#include "core/xen/refusedtables.h"
#include "core/xen/xenprobe.h"
#include "gdb/stub/target.h"

namespace pgtscope::gdb {

GuestReader::GuestReader(std::unique_ptr<StoppedGuest> guest, core::CancelFlag& cancel)
    : m_guest(std::move(guest))
    , m_memory(*m_guest)
    , m_cancel(cancel)
{
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
    m_xenNames = XenNames(options.guest ? options.guest->spec.hypervisor.string() : "", options.remark);
    m_consoleLog = options.guest ? options.guest->consoleLog() : std::filesystem::path();
    ChannelRequest channel;
    channel.name = options.channel;
    if (options.guest) {
        channel.ramFile = options.guest->ramFile.string();
        channel.processId = options.guest->process.pid;
    }
    RETURN_IF_ERROR(m_memory.open(std::move(channel), gdb));
    const auto& ranges = m_memory.channel().ramMap().ranges();
    // Under Xen the domain's own count ends before the machine's memory does.
    if (!m_memory.domain())
        m_pgtBuf.tracker() = core::PgtBufTracker(
            core::GuestFrame(ranges.empty() ? 0 : core::frameOf(ranges.back().end).value));
    if (options.pgtBuf)
        m_pgtBuf.tracker().goOn(*options.pgtBuf);
    if (kernel)
        m_kernel.use(std::move(*kernel), options);
    return {};
}

std::string GuestReader::accelerator() const
{
    const auto answer = m_guest->monitor("info kvm");
    if (!answer || answer->find("kvm support:") == std::string::npos)
        return {};
    return answer->find("kvm support: enabled") != std::string::npos ? "KVM" : "TCG";
}

/// What the stub does not show of the CPU comes from the domain's own kernel.
core::Result<void> GuestReader::lookAtDomain(core::CpuState& cpu, const CaptureRequest& request)
{
    RETURN_IF_ERROR(m_memory.domain()->look(symbols(), request.root));
    cpu.control.cr3 = m_memory.domain()->state()->root.value;
    return {};
}

core::Result<core::CpuState> GuestReader::cpuState(unsigned id)
{
    ASSIGN_OR_RETURN(auto cpus, m_guest->cpus());
    for (const core::CpuState& cpu : cpus)
        if (cpu.id == id)
            return cpu;
    return core::failure("select CPU " + std::to_string(id),
        "the guest has " + core::countText(cpus.size(), "CPU"), "count from 0");
}

core::Result<core::SnapshotPtr> GuestReader::capture(const CaptureRequest& request)
{
    RETURN_IF_ERROR(learnTheKernelsPlace(request));
    beginXenAhead();
    const auto* readAhead = &m_memory.channel();
    auto registers = cpuState(request.cpu);
    if (!registers) {
        m_ahead.drop();
        return tl::unexpected(registers.error());
    }
    core::CpuState cpu = std::move(*registers);
    auto ahead = m_ahead.take(cpu);
    cpu.smm = isInSmm(cpu);
    RETURN_IF_ERROR(m_memory.domain() ? lookAtDomain(cpu, request) : m_memory.follow(cpu));
    m_nestedMemory.reset();
    if (ahead && &m_memory.channel() == readAhead)
        m_xen = std::move(*ahead);
    else
        RETURN_IF_ERROR(lookForXen(cpu));
    m_xenCpu = cpu;
    ASSIGN_OR_RETURN(std::string gap, lookForNestedGuest(request, cpu));
    core::SnapshotBuilder builder(memory(), cpu, m_features);
    builder.setXen(m_xen);
    if (m_nestedMemory)
        builder.setNested(m_nestedMemory->tables());
    if (!gap.empty())
        builder.addGap(std::move(gap));
    core::CaptureOptions options;
    ASSIGN_OR_RETURN(const auto root, rootToWalk(request, cpu));
    options.root = root;
    options.asInfoTlb = request.asInfoTlb;
    options.previous = request.previous.get();
    options.cancel = &m_cancel;
    RETURN_IF_ERROR(builder.captureTables(options));
    RETURN_IF_ERROR(builder.captureDetached(tablesKnownToXen(), options));
    RETURN_IF_ERROR(describe(builder, options, request));
    RETURN_IF_ERROR(m_guest->checkStillStopped());
    return builder.finish();
}

/// Another root than CR3's need not map the kernel: where it is, is learnt from CR3's first.
core::Result<void> GuestReader::learnTheKernelsPlace(const CaptureRequest& request)
{
    if (!request.root || m_hasLooked || m_memory.domain())
        return {};
    CaptureRequest own = request;
    own.root.reset();
    RETURN_IF_ERROR(capture(own));
    return {};
}

/// The monitor's answer takes a while through gdb: where the kernel's own code runs, it is not asked.
bool GuestReader::isInSmm(const core::CpuState& cpu)
{
    const bool inKernel = placed() && symbols().at(cpu.rip).has_value();
    return !m_memory.domain() && !inKernel && cpu.cpl() == 0 && m_guest->isInSmm(cpu.id);
}

/// The one asked for; else the one that CR3 hides: Xen's true one, that of the lab's kernel beside its
/// checker's, the kernel's half of KPTI. nullopt: CR3's own.
core::Result<std::optional<core::PhysicalAddress>> GuestReader::rootToWalk(
    const CaptureRequest& request, const core::CpuState& cpu)
{
    if (request.root)
        return request.root;
    if (m_nestedMemory)
        return std::nullopt;
    if (m_xen)
        return m_xen->root;
    if (const auto beside = rootBesideChecker(request, cpu))
        return beside;
    return core::kernelHalf(memory(), cpu, m_features);
}

/// Linux's parts of both spaces where it runs, and the ROM that firmware and its tables are in.
void GuestReader::nameRegions(core::SnapshotBuilder& builder, bool isLinux)
{
    const core::Snapshot& snapshot = builder.peek();
    const core::SymbolTable* symbols = m_kernel.placedSymbols();
    builder.setLinearRegions(isLinux ? core::linuxLinearRegions(snapshot, symbols, memory())
                                     : core::plainLinearRegions(snapshot, symbols));
    std::vector<core::PhysicalRegion> physical;
    const core::RamMap roms = romMapOf(m_memory.channel().pieces());
    for (const core::PhysicalRange& rom : roms.ranges())
        physical.push_back({std::string(core::region::rom), "ROM or flash", rom});
    if (isLinux && symbols != nullptr)
        for (core::PhysicalRegion& part : core::linuxPhysicalRegions(snapshot, *symbols, memory()))
            physical.push_back(std::move(part));
    builder.setPhysicalRegions(std::move(physical));
}

core::Result<void> GuestReader::describe(
    core::SnapshotBuilder& builder, const core::CaptureOptions& options, const CaptureRequest& request)
{
    const core::Snapshot& snapshot = builder.peek();
    builder.setDying(request.dying);
    m_hasLooked = true;
    if (m_nestedMemory) {
        describeNested(builder);
        return {};
    }
    // A root by hand, and SMM's, say nothing of the system.
    const bool smm = snapshot.cpu().smm;
    if (!smm && (!request.root || m_memory.domain()))
        m_kernel.place(snapshot, memory());
    if (m_xen)
        readP2m(builder, request);
    const core::SymbolTable* symbols = m_kernel.placedSymbols();
    const bool isLinux = m_kernel.isLinux() && !smm;
    nameRegions(builder, isLinux);
    if (isLinux && !request.root && snapshot.gaps().empty() && m_kernel.text())
        m_nestedGuests.learn(snapshot, *m_kernel.text());
    if (isLinux)
        RETURN_IF_ERROR(captureOtherHalf(builder, options));
    if (m_xen && core::xenRange.contains(snapshot.cpu().rip))
        builder.setRipSymbol(core::xenName(m_xenNames.symbols(), snapshot.cpu().rip));
    if (!symbols) {
        m_pgtBuf.readEnforced(snapshot, memory());
        builder.setPgtBuf(m_pgtBuf.tracker().buffer());
        return {};
    }
    builder.setRodataOff(isLinux && m_kernel.rodataOff(snapshot, memory()));
    if (const auto at = symbols->at(snapshot.cpu().codeAddress()))
        builder.setRipSymbol(at->text());
    if (auto followed = m_pgtBuf.follow(snapshot, memory(), request.previous.get(), request.handedOut);
        !followed)
        return followed;
    builder.setPgtBuf(m_pgtBuf.tracker().buffer());
    const auto notCleared = m_pgtBuf.notCleared();
    ASSIGN_OR_RETURN(
        const auto detached, core::findDetachedTables(snapshot, memory(), snapshot.pgtBuf(), {}, notCleared));
    std::vector<core::DetachedRoot> roots = detached.roots();
    if (core::isDying(snapshot)) {
        ASSIGN_OR_RETURN(const auto refused, core::refusedTables(snapshot, memory()));
        // What pgt_buf handed out is known from the allocator.
        for (const core::DetachedRoot& root : refused)
            if (std::none_of(
                    detached.tables.begin(), detached.tables.end(), [&](const core::DetachedTable& table) {
                        return table.frame == core::frameOf(root.address);
                    }))
                roots.push_back(root);
    }
    if (request.kernelRoot)
        for (const core::DetachedRoot& root : m_kernel.finalRoots(snapshot))
            roots.push_back(root);
    RETURN_IF_ERROR(builder.captureDetached(roots, options));
    m_pgtBuf.remember(snapshot, memory());
    ASSIGN_OR_RETURN(auto types, m_pgtBuf.checkerTypes(snapshot, memory()));
    builder.setCheckerTypes(std::move(types));
    return {};
}

core::Result<void> GuestReader::lookForXen(const core::CpuState& cpu)
{
    if (m_memory.domain()) {
        m_xen = std::make_shared<core::XenState>(*m_memory.domain()->state());
        return {};
    }
    ASSIGN_OR_RETURN(m_xen, core::probeXen(memory(), cpu, m_features, xenOptions()));
    return {};
}

core::XenProbeOptions GuestReader::xenOptions()
{
    core::XenProbeOptions options;
    options.wholeTables = memory().fast();
    options.cancel = &m_cancel;
    if (const auto roots = core::finalRoots(symbols()); !roots.empty())
        options.kernelRoot = roots.front();
    return options;
}

/// The registers are expected to lead where they led at the previous stop. Only memory that is mapped into
/// this process is read beside what asks for them.
void GuestReader::beginXenAhead()
{
    const bool mapped
        = m_xen && m_xenCpu && m_memory.channel().mappedFrame(core::frameOf(m_xen->root)) != nullptr;
    if (mapped && !m_memory.domain())
        m_ahead.begin(m_memory.channel(), *m_xenCpu, m_features, xenOptions());
}

/// Makes memory() that of a nested guest where CR3 is one's. The answer is what could not be decided; a root
/// by hand leaves nothing to decide, and what Xen has put into a root is the machine's.
core::Result<std::string> GuestReader::lookForNestedGuest(
    const CaptureRequest& request, const core::CpuState& cpu)
{
    if (request.nestedRoot) {
        ASSIGN_OR_RETURN(
            m_nestedMemory, m_nestedGuests.behind(memory(), *request.nestedRoot, m_features, &m_cancel));
        m_xen.reset();
        return std::string();
    }
    if (request.root || m_xen || cpu.smm || !cpu.mayBeNested())
        return std::string();
    ASSIGN_OR_RETURN(const auto cpus, m_guest->cpus());
    ASSIGN_OR_RETURN(auto answer, m_nestedGuests.look(memory(), cpu, cpus, m_features, &m_cancel));
    m_nestedMemory = std::move(answer.memory);
    return std::move(answer.gap);
}

/// Of its kernel nothing is known: the symbols are the host's.
void GuestReader::describeNested(core::SnapshotBuilder& builder)
{
    const core::Snapshot& snapshot = builder.peek();
    const bool isLinux = core::findLinuxBanner(snapshot, memory()).has_value();
    builder.setLinearRegions(isLinux ? core::linuxLinearRegions(snapshot, nullptr, memory())
                                     : core::plainLinearRegions(snapshot, nullptr));
}

core::Result<void> GuestReader::captureOtherHalf(
    core::SnapshotBuilder& builder, const core::CaptureOptions& options)
{
    if (m_xen)
        return {};
    const core::Snapshot& snapshot = builder.peek();
    ASSIGN_OR_RETURN(const auto other, core::otherHalf(memory(), snapshot.paging(), snapshot.root()));
    return other ? builder.captureOtherHalf(*other, options) : core::Result<void>{};
}

/// The variables are those of arch/x86/xen/p2m.c, Linux 3.19 and later.
void GuestReader::readP2m(core::SnapshotBuilder& builder, const CaptureRequest& request)
{
    const core::PgtBufReading at = m_kernel.variable(builder.peek(), memory(), "xen_p2m_addr");
    const core::PgtBufReading frames = m_kernel.variable(builder.peek(), memory(), "xen_p2m_size");
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
    m_pgtBuf.tablesAppeared(frames, m_xen.get());
}

bool GuestReader::unchangedSince(const core::Snapshot& snapshot, const core::CpuState& cpu)
{
    if (cpu.control != snapshot.cpu().control || !snapshot.paging().enabled())
        return false;
    for (const core::Table& table : snapshot.tables())
        if (table.page && !samePage(memory(), table.frame(), table.page))
            return false;
    return m_pgtBuf.unchangedSince(snapshot, memory());
}

/// The lab's checker runs on tables of its own for the length of one call: the guest's are still those of the
/// previous capture.
std::optional<core::PhysicalAddress> GuestReader::rootBesideChecker(
    const CaptureRequest& request, const core::CpuState& cpu)
{
    if (!request.previous || !request.previous->paging().enabled() || !symbols().find(core::lab::checkerRoot))
        return std::nullopt;
    const core::PgtBufReading checker
        = m_kernel.variable(*request.previous, memory(), core::lab::checkerRoot);
    const core::PhysicalAddress root = request.previous->paging().root(cpu.control.cr3);
    if (!checker.hasValue() || checker.value == 0 || root.value != checker.value)
        return std::nullopt;
    return request.previous->root();
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
