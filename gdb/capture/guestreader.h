// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/model/capture.h"
#include "core/model/xenstate.h"
#include "core/xen/xenahead.h"
#include "gdb/capture/guestkernel.h"
#include "gdb/capture/guestmemory.h"
#include "gdb/capture/nestedguests.h"
#include "gdb/capture/pgtbuffollower.h"
#include "gdb/capture/sessionoptions.h"
#include "gdb/capture/xennames.h"
#include "gdb/stub/stoppedguest.h"

namespace pgtscope::gdb {

struct CaptureRequest {
    unsigned cpu = 0;
    /// Walk from here instead of the CPU's CR3.
    std::optional<core::PhysicalAddress> root;
    /// The root belongs to a nested guest, behind the nested tables that this is the root of.
    std::optional<core::PhysicalAddress> nestedRoot = {};
    /// As core::CaptureOptions has it.
    bool asInfoTlb = false;
    /// Pages that did not change are shared with it.
    core::SnapshotPtr previous = {};
    /// The instruction before this stop may have moved pgt_buf_end: pages that it handed out are not cleared
    /// yet.
    bool handedOut = false;
    /// The kernel's own top table counts as a table before and after it is in CR3.
    bool kernelRoot = false;
    /// The guest is known to be at its end: what was refused to it is looked for.
    bool dying = false;
};

/// What turns the stops of a guest into snapshots, with any debugger: its memory, the kernel's symbols and
/// where KASLR put them, and what is known of pgt_buf. For one thread.
class GuestReader {
public:
    virtual ~GuestReader() = default;
    GuestReader(const GuestReader&) = delete;
    GuestReader& operator=(const GuestReader&) = delete;

    /// Detaches from the guest and leaves it as it was found; nothing can be read afterwards. Does nothing
    /// where the guest is another debugger's.
    virtual core::Result<void> detach() { return {}; }

    /// That of the guest whose tables the last capture saw: a nested guest's where CR3 was one's.
    core::PhysicalMemory& memory()
    {
        return m_nestedMemory ? static_cast<core::PhysicalMemory&>(*m_nestedMemory) : m_memory.channel();
    }
    const core::PhysicalMemory& memory() const { return const_cast<GuestReader*>(this)->memory(); }
    /// Why better memory channels were not taken, one line each.
    const std::vector<std::string>& channelNotes() const { return m_memory.notes(); }
    /// Empty without a kernel file; at link addresses until placed().
    const core::SymbolTable& symbols() const { return m_kernel.symbols(); }
    XenNames& xenNames() { return m_xenNames; }
    /// Of a guest that was launched; empty otherwise.
    const std::filesystem::path& consoleLog() const { return m_consoleLog; }
    bool placed() const { return m_kernel.placed(); }
    const GuestKernel& kernel() const { return m_kernel; }
    /// As GuestKernel::unpackingAt(), placeUnpacked() and placeAround(), in this guest's memory.
    core::Result<std::vector<core::PhysicalAddress>> unpackingAt() { return m_kernel.unpackingAt(memory()); }
    bool placeUnpacked(core::PhysicalAddress text) { return m_kernel.placeUnpacked(text, memory()); }
    bool placeAround(core::PhysicalAddress pc) { return m_kernel.placeAround(pc, memory()); }
    const core::CpuFeatures& features() const { return m_features; }
    /// "KVM" or "TCG", as the monitor says; empty if it does not.
    std::string accelerator() const;
    /// What is known of the kernel's early page-table buffer; code that sees an event reports it to this.
    core::PgtBufTracker& pgtBuf() { return m_pgtBuf.tracker(); }
    /// Reports that frames serve as tables now. They are machine frames; under Xen the kernel counts its own.
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
    /// Finds out about the CPU and opens the memory; the guest must be stopped. `gdb` is the guest itself if
    /// gdb is ours, else null.
    core::Result<void> prepare(
        const SessionOptions& options, std::optional<core::KernelSymbols> kernel, Target* gdb);
    StoppedGuest& guest() { return *m_guest; }
    core::Result<std::uint64_t> readWord(core::PhysicalAddress address, unsigned bytes);

private:
    core::Result<void> lookAtDomain(core::CpuState& cpu, const CaptureRequest& request);
    core::Result<core::CpuState> cpuState(unsigned id);
    core::Result<void> learnTheKernelsPlace(const CaptureRequest& request);
    bool isInSmm(const core::CpuState& cpu);
    core::Result<void> lookForXen(const core::CpuState& cpu);
    core::XenProbeOptions xenOptions();
    void beginXenAhead();
    core::Result<std::string> lookForNestedGuest(const CaptureRequest& request, const core::CpuState& cpu);
    core::Result<void> captureOtherHalf(core::SnapshotBuilder& builder, const core::CaptureOptions& options);
    void describeNested(core::SnapshotBuilder& builder);
    void nameRegions(core::SnapshotBuilder& builder, bool isLinux);
    void readP2m(core::SnapshotBuilder& builder, const CaptureRequest& request);
    std::vector<core::DetachedRoot> tablesKnownToXen() const;
    core::Result<std::optional<core::PhysicalAddress>> rootToWalk(
        const CaptureRequest& request, const core::CpuState& cpu);
    std::optional<core::PhysicalAddress> rootBesideChecker(
        const CaptureRequest& request, const core::CpuState& cpu);
    core::Result<void> describe(
        core::SnapshotBuilder& builder, const core::CaptureOptions& options, const CaptureRequest& request);

    std::unique_ptr<StoppedGuest> m_guest;
    GuestMemory m_memory;
    NestedGuests m_nestedGuests;
    std::unique_ptr<core::NestedMemory> m_nestedMemory; ///< Of the capture in hand, or the last one.
    core::CancelFlag& m_cancel;
    core::CpuFeatures m_features;
    GuestKernel m_kernel;
    XenNames m_xenNames;
    std::filesystem::path m_consoleLog;
    bool m_hasLooked = false; ///< Something was captured.
    bool m_ofDomain = false; ///< The guest is a domain that dom0 started.
    PgtBufFollower m_pgtBuf{m_kernel};
    std::shared_ptr<core::XenState> m_xen; ///< Of the capture in hand, or the last one; null without Xen.
    std::optional<core::CpuState> m_xenCpu; ///< Of the last capture.
    core::XenAhead m_ahead;
};

} // namespace pgtscope::gdb
