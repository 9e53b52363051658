// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.h"
#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/paging/registers.h"
#include "gdb/qemu/codewatch.h"
#include "gdb/stub/connectoptions.h"
#include "gdb/stub/gdbbreakpoints.h"
#include "gdb/stub/gdbcpus.h"
#include "gdb/stub/gdblink.h"
#include "gdb/stub/stopevent.h"
#include "gdb/stub/stoppedguest.h"

namespace pgtscope::gdb {

/// What becomes of the guest when we detach from it.
enum class EndState { AsFound, Running, Stopped };

/// A guest that gdb controls through its stub. Attaching stops the guest. Every way out, the destructor, an
/// Error and a cancel included, removes our breakpoints, restores the stub's physical-memory switch and
/// leaves the guest as it was found, unless release() is given another state. For one thread.
class Target final : public StoppedGuest {
public:
    /// `cancel` ends this call and every later wait; it may be null and must outlive the target. If the stub
    /// does not show whether the guest ran, it is taken to have run.
    static core::Result<std::unique_ptr<Target>> attach(
        const ConnectOptions& options, const core::CancelFlag* cancel, const core::Progress& progress = {});
    /// Releases the guest as it was found, if release() has not been called.
    ~Target() override;

    const StubFacts& facts() const override { return m_facts; }
    const Endpoint& endpoint() const { return m_options.endpoint; }
    const core::CancelFlag* cancelFlag() const override { return m_cancel; }
    bool wasRunning() const { return m_wasRunning; }
    bool running() const { return m_link.running(); }
    /// See GdbLink::ended().
    bool ended() const { return m_link.ended(); }
    /// The guest has stopped and waitForStop() has not reported it yet.
    bool stopPending() const { return m_link.stopPending(); }

    core::Result<std::vector<core::CpuState>> cpus() override;
    core::Result<std::string> monitor(std::string_view command) override;
    core::Result<void> checkStillStopped() override;
    /// Reads memory by linear addresses from the stub itself; false: it refuses, as where nothing is mapped.
    core::Result<bool> readLinear(core::LinearAddress address, std::span<std::byte> bytes);

    /// Returns the number that a StopEvent names. Takes effect on the next resume, and only while breakpoints
    /// of a lower rank leave it a slot, see budget(). Where the stub has no hardware breakpoints, gdb writes
    /// one into the guest's code.
    /// One at code that has never run is met before its first instruction, too, see CodeWatch, and is in the
    /// guest only after that.
    core::Result<unsigned> insertHardwareBreakpoint(
        core::LinearAddress address, BreakpointRank rank = askedRank)
    {
        return m_breakpoints.insertHardware(address, rank);
    }
    /// The same by an instruction in the guest's memory, which takes no slot: the address has to be mapped
    /// when it is set and when it is removed, and the guest must not change or look at what is there.
    core::Result<unsigned> insertSoftwareBreakpoint(core::LinearAddress address)
    {
        return m_breakpoints.insertSoftware(address);
    }
    /// At every place where the function of that name runs, inlined ones included; needs a symbol file with
    /// DWARF. `places` gets the addresses.
    core::Result<unsigned> insertFunctionBreakpoint(
        std::string_view function, std::vector<core::LinearAddress>& places, BreakpointRank rank = askedRank)
    {
        return m_breakpoints.insertFunction(function, places, rank);
    }
    /// `bytes` is 1, 2, 4 or 8.
    core::Result<unsigned> insertWatchpoint(core::LinearAddress address, unsigned bytes, WatchKind kind)
    {
        return m_breakpoints.insertWatch(address, bytes, kind);
    }
    core::Result<void> removeBreakpoint(unsigned number) { return m_breakpoints.remove(number); }
    /// One that is disabled is not in the guest: leaving its place takes no single step, for which QEMU
    /// throws away all code that it has translated.
    core::Result<void> enableBreakpoint(unsigned number, bool enabled)
    {
        return m_breakpoints.enable(number, enabled);
    }
    /// Takes effect on the next resume.
    void rankBreakpoint(unsigned number, BreakpointRank rank) { m_breakpoints.rank(number, rank); }
    /// How many breakpoints and watchpoints the guest takes, as far as is known: after the first of them was
    /// inserted.
    const BreakpointBudget& budget() const { return m_breakpoints.budget(); }
    /// Whether the stub has said how many; otherwise a refusal shows it.
    bool knowsBreakpointLimit() { return m_breakpoints.limitKnown(); }
    /// Wants the guest to be stopped by stores, by a plugin inside QEMU; to be called before the guest has
    /// run. False: there is none, or the stores are too many.
    bool watchStores(const StoreSequence& sequence) { return m_watch && m_watch->watchStores(sequence); }
    /// From here on the stores that are watched count. The stop is right after the last of them where QEMU
    /// translates its code one instruction at a time, and at the next block's begin elsewhere.
    void countStores(bool wanted)
    {
        if (m_watch)
            m_watch->countStores(wanted);
    }
    /// By which a plugin inside QEMU counts the guest's instructions; null: there is none.
    CodeWatch* codeWatch() { return m_watch.get(); }
    /// Says a sentence to the user.
    void remark(const std::string& sentence) const
    {
        if (m_options.remark)
            m_options.remark(sentence);
    }

    core::Result<void> resume();
    /// Asks for a stop; waitForStop() reports it.
    core::Result<void> interrupt();
    /// Waits for the guest to stop. When the time passes, the guest keeps running.
    core::Result<StopEvent> waitForStop(std::chrono::milliseconds deadline);
    /// Value of an expression of gdb's in the vCPU's present frame, e.g. "*(unsigned long long*)$rsp".
    core::Result<std::uint64_t> evaluate(std::string_view expression, unsigned cpu = 0);
    /// Executes one instruction on a vCPU.
    core::Result<StopEvent> stepInstruction(unsigned cpu = 0);

    /// One line of a user at gdb's own prompt: what gdb prints, an error's words included. The command may
    /// resume the guest, see running(). `busy` is asked every so often while it lasts; true interrupts gdb.
    /// What it does to breakpoints it does to the user's, see promptCommand().
    core::Result<std::string> execute(const std::string& command, const std::function<bool()>& busy);
    /// Gives gdb the names of a file with symbols; what it knew before is dropped.
    core::Result<void> readSymbols(const std::string& path);
    /// Whether the breakpoint or watchpoint was set through this object, and not by gdb's user.
    bool ownsBreakpoint(unsigned number) const { return m_breakpoints.owns(number); }
    /// Whether gdb's user has a breakpoint there, of which a stop at one of ours says nothing.
    bool usersBreakpointAt(core::LinearAddress address) const { return m_breakpoints.usersAt(address); }
    /// The symbol file that gdb was started with; may be empty.
    const std::string& symbolFile() const { return m_options.symbolFile; }
    /// What gdb printed since, as at a stop. Where one of ours and one of the user's are at the place of
    /// `stop`, it names the user's.
    std::string takePrinted(const StopEvent& stop);
    /// The commands of gdb that begin so.
    core::Result<std::vector<std::string>> completions(const std::string& begin);

    /// Detaches from the guest. An Error says that it could not be left as wanted. Nothing else may be called
    /// afterwards.
    core::Result<void> release(EndState end = EndState::AsFound);

    /// For memory channels: switches the stub's memory packets between linear and physical addresses.
    core::Result<void> setPhysicalMode(bool physical);
    /// Writes a word of 4 or 8 bytes to physical memory. The guest's processors may go on using what their
    /// TLBs hold.
    core::Result<void> writePhysical(core::PhysicalAddress address, std::uint64_t value, unsigned bytes);
    /// For memory channels: commands without waiting. `text` is what the command printed.
    using Reply = GdbLink::Reply;
    void submit(std::string_view command, Reply reply) { m_link.submit(command, std::move(reply)); }
    core::Result<void> awaitAll() { return m_link.awaitAll(); }
    StubReader* reader() override { return m_link.mux(); }
    /// Process id of gdb.
    std::int64_t gdbProcessId() const { return m_link.processId(); }

private:
    Target(const ConnectOptions& options, const core::CancelFlag* cancel);
    core::Result<void> connect(const core::Progress& progress);
    void listen(const MiRecord& record);
    void watchCode();
    core::Result<MiRecord> awaitStop(std::chrono::milliseconds deadline);
    void forgetState();
    core::Result<void> setPhysicalMode(bool physical, const WaitLimit& limit);
    core::Result<void> leave(EndState end);
    core::Result<void> releaseThroughGdb(bool resume, const WaitLimit& limit);

    ConnectOptions m_options;
    const core::CancelFlag* m_cancel;
    StubFacts m_facts;
    bool m_wasRunning = false;
    bool m_physical = false; ///< The switch as we last set it.
    std::vector<core::CpuState> m_lastCpus;
    unsigned m_disturbances = 0; ///< StubMux::disturbances() when cpus() was called.
    std::unique_ptr<CodeWatch> m_watch; ///< Null: breakpoints are in the guest at once.
    /// Who wants the guest that runs to be stopped.
    enum class Asked { Not, Watch, User };
    Asked m_stopAsked = Asked::Not;
    StubGuard m_guard; ///< While no connection is guarded by the link's.
    GdbLink m_link;
    GdbBreakpoints m_breakpoints;
    GdbCpus m_cpus;
};

} // namespace pgtscope::gdb
