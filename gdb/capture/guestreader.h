// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/linux/freshpages.h"
#include "core/linux/pgtbuftracker.h"
#include "core/model/capture.h"
#include "core/model/xenstate.h"
#include "core/symbols/kaslr.h"
#include "core/symbols/symbolsource.h"
#include "gdb/gdbsx/domainmemory.h"
#include "gdb/memory/choosechannel.h"
#include "gdb/net/endpoint.h"
#include "gdb/qemu/runningguest.h"
#include "gdb/stub/stoppedguest.h"

namespace pgtscope::gdb {

struct SessionOptions {
    Endpoint endpoint;
    /// Set when the launcher started the guest: its RAM, kernel and CPU are known then.
    std::optional<RunningGuest> guest;
    /// bzImage, vmlinux or System.map for symbols; empty: the launched guest's kernel, or none.
    std::string kernelFile;
    /// Memory channel to insist on; empty: the best that works.
    std::string channel;
    /// By how much the kernel runs above where it was linked, if the user knows; 0 without KASLR.
    std::optional<std::uint64_t> slide = {};
    /// MAXPHYADDR to use instead of what the guest's CPU says.
    std::optional<unsigned> physicalAddressBits;
    /// What an earlier session with this guest had learnt of pgt_buf, in the guest's own frames.
    std::optional<core::PageTableBuffer> pgtBuf = {};
    /// Called with a sentence that the user should read, by the thread that calls the session; may be empty.
    std::function<void(const std::string&)> remark = {};
};

struct CaptureRequest {
    unsigned cpu = 0;
    /// Walk from here instead of the CPU's CR3.
    std::optional<core::PhysicalAddress> root;
    /// Pages that did not change are shared with it.
    core::SnapshotPtr previous;
    /// The instruction before this stop may have moved pgt_buf_end: pages that it handed out are not cleared
    /// yet.
    bool handedOut = false;
    /// The kernel's own top table counts as a table before and after it is in CR3.
    bool kernelRoot = false;
    /// The guest is known to be at its end: what was refused to it is looked for.
    bool dying = false;
};

/// What turns the stops of a guest into snapshots, whoever debugs it: its memory, the kernel's symbols and
/// where KASLR put them, and what is known of pgt_buf. For one thread.
class GuestReader {
public:
    virtual ~GuestReader() = default;
    GuestReader(const GuestReader&) = delete;
    GuestReader& operator=(const GuestReader&) = delete;

    /// Lets go of the guest and leaves it as it was found; nothing can be read afterwards. Where the guest is
    /// another debugger's there is nothing to do.
    virtual core::Result<void> letGo() { return {}; }

    core::PhysicalMemory& memory() { return *m_channel; }
    const core::PhysicalMemory& memory() const { return *m_channel; }
    /// Why better memory channels were not taken, one line each.
    const std::vector<std::string>& channelNotes() const { return m_channelNotes; }
    /// Empty without a kernel file; at link addresses until placed().
    const core::SymbolTable& symbols() const { return m_symbols; }
    /// Whether the symbols stand where the running kernel is.
    bool placed() const { return m_slideState == core::SlideState::Found || m_assumeLinked; }
    /// Whether gdb knows the kernel's inlined functions, and where they run.
    bool knowsInlined() const { return m_hasDwarf && placed() && m_symbols.slide() == 0; }
    /// What the last capture saw of the kernel's place.
    core::SlideState slideState() const { return m_slideState; }
    const core::CpuFeatures& features() const { return m_features; }
    /// What is known of the kernel's early page-table buffer; told of events by whoever sees them.
    core::PgtBufTracker& pgtBuf() { return m_pgtBuf; }
    /// Tells that frames serve as tables now. They are machine frames; under Xen the kernel counts its own.
    void tablesAppeared(std::span<const core::FrameNumber> frames);

    /// Reads the CPU and its tables and names what is there.
    core::Result<core::SnapshotPtr> capture(const CaptureRequest& request);
    /// Whether the guest's tables, its pages of pgt_buf included, are still as the last capture saw them;
    /// `snapshot` is what that gave. Quick where RAM is mapped; elsewhere the answer is always no.
    bool unchangedSince(const core::Snapshot& snapshot, const core::CpuState& cpu);
    /// True if the guest is a domain that dom0 started, and the CPU runs something else: the same kernel runs
    /// in both, so that a breakpoint meets both.
    core::Result<bool> runsAnotherDomain(unsigned cpu);

protected:
    GuestReader(std::unique_ptr<StoppedGuest> guest, core::CancelFlag& cancel);
    /// The kernel that the options name, else the one that the launched guest boots if it has symbols.
    static core::Result<std::optional<core::KernelSymbols>> kernelOf(
        const SessionOptions& options, const core::Progress& progress);
    /// Finds out about the CPU and opens the memory; the guest must stand still. `gdb` is the guest itself if
    /// gdb is ours, else null.
    core::Result<void> prepare(
        const SessionOptions& options, std::optional<core::KernelSymbols> kernel, Target* gdb);
    StoppedGuest& guest() { return *m_guest; }
    core::Result<std::uint64_t> readWord(core::PhysicalAddress address, unsigned bytes);

private:
    void useKernel(core::KernelSymbols kernel, const SessionOptions& options);
    core::Result<void> openChannel(const SessionOptions& options, Target* gdb);
    core::Result<void> openDomain(Target& gdb);
    core::Result<void> lookAtDomain(core::CpuState& cpu, const CaptureRequest& request);
    core::Result<void> refreshRam();
    core::Result<core::CpuState> cpuState(unsigned id);
    void findSlide(const core::Snapshot& snapshot);
    core::Result<void> lookForXen(core::SnapshotBuilder& builder, const core::CpuState& cpu);
    void readP2m(core::SnapshotBuilder& builder, const CaptureRequest& request);
    std::vector<core::DetachedRoot> tablesKnownToXen() const;
    core::Result<void> followPgtBuf(const core::Snapshot& snapshot, const CaptureRequest& request);
    void readPgtBuf(const core::Snapshot& snapshot);
    void readEnforced(const core::Snapshot& snapshot);
    void rememberBufferPages(const core::Snapshot& snapshot);
    std::vector<core::DetachedRoot> kernelRoots(const core::Snapshot& snapshot) const;
    core::Result<std::optional<core::PhysicalAddress>> rootToWalk(
        const CaptureRequest& request, const core::CpuState& cpu);
    std::optional<core::PhysicalAddress> rootBesideChecker(
        const CaptureRequest& request, const core::CpuState& cpu);
    core::PgtBufReading readVariable(const core::Snapshot& snapshot, std::string_view name);
    core::Result<void> describe(
        core::SnapshotBuilder& builder, const core::CaptureOptions& options, const CaptureRequest& request);

    std::unique_ptr<StoppedGuest> m_guest;
    std::unique_ptr<Channel> m_channel;
    DomainMemory* m_domain = nullptr; ///< The channel, where a domain's own kernel has to tell of its memory.
    std::vector<std::string> m_channelNotes;
    core::CancelFlag& m_cancel;
    core::CpuFeatures m_features;
    core::SymbolTable m_symbols;
    std::optional<core::SlideClues> m_slideClues;
    core::SlideState m_slideState = core::SlideState::NotMapped;
    /// The kernel will run where it was linked: before it is in place its symbols hold already.
    bool m_assumeLinked = false;
    bool m_hasDwarf = false;
    bool m_ofDomain = false; ///< The guest is a domain that dom0 started.
    core::PgtBufTracker m_pgtBuf;
    std::shared_ptr<core::XenState> m_xen; ///< Of the capture in hand, or the last one; null without Xen.
    core::FreshPages m_freshPages;
    /// What the last capture saw in pages of pgt_buf that are no tables of its snapshot.
    std::vector<std::pair<core::FrameNumber, core::TablePagePtr>> m_bufferPages;
    core::PgtBufReading m_lastEnd;
};

} // namespace pgtscope::gdb
