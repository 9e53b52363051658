// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "gdb/mi/miclient.h"
#include "gdb/rsp/stubmux.h"
#include "gdb/stub/connectoptions.h"

namespace pgtscope::gdb {

/// gdb, connected to a guest's stub: asks it, and follows what it reports about the guest. For one thread.
class GdbLink {
public:
    /// Reading DWARF of a whole kernel takes gdb this long at worst.
    static constexpr auto symbolTime = std::chrono::minutes(3);

    /// Gets what gdb reports unasked about threads and breakpoints.
    using Notified = std::function<void(const MiRecord& record)>;

    /// `options` outlives the link, and so does `cancel`, which ends every wait and may be null.
    GdbLink(const ConnectOptions& options, const core::CancelFlag* cancel, Notified notified)
        : m_options(options)
        , m_cancel(cancel)
        , m_notified(std::move(notified))
    {
    }

    /// Starts gdb and connects it to the stub, which stops the guest. Should this process be killed, the
    /// guest runs or not as `wasRunning` says.
    core::Result<void> connect(const StubFacts& facts, bool wasRunning, const core::Progress& progress);
    /// Nothing can be asked from now on.
    void release() { m_phase = Phase::Released; }
    /// Ends the stub's connection; gdb lives on.
    void closeStub();
    /// Ends gdb, which can do nothing to the guest any more, and the stub's connection.
    void kill();

    bool running() const { return m_phase == Phase::Running; }
    bool released() const { return m_phase == Phase::Released; }
    /// The stub is gone while gdb lives.
    bool lost() const { return m_phase == Phase::Lost; }
    /// The stub has said before it went that its guest ends (packet W): QEMU has ended by itself, and was not
    /// killed.
    bool ended() const { return !usable() && (m_ended || (m_mux && m_mux->guestEnded())); }
    /// gdb lives and has a guest.
    bool usable() const;
    /// The guest has stopped and awaitStop() has not reported it yet.
    bool stopPending() const { return m_stop.has_value(); }
    void forgetStop() { m_stop.reset(); }
    core::Error lostError() const;
    /// The Error of what was `tried` while the guest runs or has been released.
    core::Result<void> expectStopped(std::string_view tried) const;
    /// What the stub wanted and did not get is a remark to the user.
    void remarkRefusal();

    WaitLimit commandLimit() const { return WaitLimit::after(m_options.commandTime, m_cancel); }
    core::Result<MiRecord> run(std::string_view command) { return run(command, commandLimit()); }
    /// `text`, if not null, is what the command printed.
    core::Result<MiRecord> run(std::string_view command, const WaitLimit& limit, std::string* text = nullptr);
    /// A command of QEMU's monitor: what it printed.
    core::Result<std::string> monitor(std::string_view command);
    /// A packet to the stub: its reply.
    core::Result<std::string> packet(std::string_view payload, const WaitLimit& limit);
    /// A command without waiting. `text` is what it printed.
    using Reply = std::function<void(core::Result<MiRecord> result, std::string text)>;
    void submit(std::string_view command, Reply reply);
    core::Result<void> awaitAll();

    core::Result<void> resume();
    /// Asks for a stop, which awaitStop() reports. A stub that does not stop the guest in time is lost.
    core::Result<void> interrupt(const WaitLimit& limit);
    /// Stops a guest that runs; nothing reports this stop.
    core::Result<void> halt(const WaitLimit& limit);
    /// gdb's record of the next stop. When the limit passes, the guest keeps running.
    core::Result<MiRecord> awaitStop(const WaitLimit& limit);
    /// True, once, if awaitStop() failed because the stub has refused a breakpoint after gdb had reported
    /// that the guest runs.
    bool takeResumeRefused() { return std::exchange(m_resumeRefused, false); }

    /// See Target::execute().
    core::Result<std::string> console(const std::string& command, const std::function<bool()>& busy);
    /// See Target::takePrinted().
    std::string takePrinted() { return std::exchange(m_printed, {}); }

    /// The stub itself, beside gdb; null before connect().
    StubMux* mux() const { return m_mux.get(); }
    /// Process id of gdb.
    std::int64_t processId() const { return m_client ? m_client->processId() : 0; }

private:
    enum class Phase {
        Connecting, ///< gdb has no guest yet.
        Stopped,
        Running,
        Lost,
        Released,
    };

    std::string whyLost() const;
    core::Result<void> configure(const StubFacts& facts);
    core::Result<void> connectStub(const StubFacts& facts, bool wasRunning);
    void listen(const MiRecord& record);
    core::Result<MiRecord> unlessLost(core::Result<MiRecord> result);
    core::Error giveUp();
    std::chrono::milliseconds answering() const;
    bool interruptUnanswered() const;

    const ConnectOptions& m_options;
    const core::CancelFlag* m_cancel;
    Notified m_notified;
    Phase m_phase = Phase::Connecting;
    /// gdb's own command line waits for the guest to stop, and gdb reads no command meanwhile: only a signal
    /// reaches it. It takes a second one for the wish to give up the connection.
    enum class Foreground { No, Waiting, Interrupted };
    Foreground m_foreground = Foreground::No;
    struct Interrupt {
        WaitLimit::Clock::time_point at;
        std::chrono::milliseconds answering; ///< StubMux::answering() then.
    };
    std::optional<Interrupt> m_interrupt; ///< Not answered yet by a stop.
    bool m_resumeRefused = false;
    bool m_ended = false;
    std::optional<MiRecord> m_stop;
    std::string m_printed; ///< What the command in hand has printed.
    std::string m_silence; ///< Of a stub that gives no answer: which, in words.
    std::unique_ptr<StubMux> m_mux;
    std::unique_ptr<MiClient> m_client; ///< Ends before what it is connected through.
};

/// Whether gdb says that the guest has no room for one of its hardware breakpoints or watchpoints.
bool isRefusedBreakpoint(std::string_view text);

} // namespace pgtscope::gdb
