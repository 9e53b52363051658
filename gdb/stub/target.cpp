// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/target.h"

#include <algorithm>

#include "core/base/numbers.h"
#include "gdb/stub/promptcommand.h"

namespace pgtscope::gdb {

using core::hexText;

namespace {

RunEchoes::End endOf(const StopEvent& event)
{
    if (event.reason == StopEvent::Reason::Interrupted)
        return RunEchoes::End::Interrupted;
    const bool trapped = event.reason == StopEvent::Reason::Signal && event.detail == "SIGTRAP";
    return trapped ? RunEchoes::End::Trapped : RunEchoes::End::Otherwise;
}

} // namespace

Target::Target(const ConnectOptions& options, const core::CancelFlag* cancel)
    : m_options(options)
    , m_cancel(cancel)
    , m_link(m_options, cancel, [this](const MiRecord& record) { listen(record); })
    , m_breakpoints(m_link, m_facts)
    , m_cpus(m_link, m_facts)
{
}

Target::~Target()
{
    (void)release(EndState::AsFound);
    // What gdb reports reaches the other members.
    m_link.kill();
}

core::Result<std::unique_ptr<Target>> Target::attach(
    const ConnectOptions& options, const core::CancelFlag* cancel, const core::Progress& progress)
{
    std::unique_ptr<Target> target(new Target(options, cancel));
    const bool guarded = !options.endsWithUs && options.wasRunning != false;
    StubGuard* const guard = guarded ? &target->m_guard : nullptr;
    const auto begin = WaitLimit::Clock::now();
    auto facts = options.facts
        ? core::Result<StubFacts>(*options.facts)
        : probeStub(options.endpoint, WaitLimit::after(options.commandTime, cancel), guard);
    if (!facts) {
        target->m_link.release();
        return tl::unexpected(facts.error());
    }
    // From here on the guest is stopped, and the target's destructor restores its state.
    target->m_facts = *facts;
    target->m_wasRunning = options.wasRunning.value_or(facts->wasRunning.value_or(true));
    // One that drips bytes costs both times: together they are no more than is promised.
    constexpr std::chrono::milliseconds quick(2000);
    const auto probed
        = std::chrono::duration_cast<std::chrono::milliseconds>(WaitLimit::Clock::now() - begin);
    target->m_options.commandTime
        -= std::clamp(probed - quick, std::chrono::milliseconds(0), options.commandTime / 2);
    const auto connected = target->connect(progress);
    target->m_options.commandTime = options.commandTime;
    RETURN_IF_ERROR(connected);
    return target;
}

core::Result<void> Target::connect(const core::Progress& progress)
{
    RETURN_IF_ERROR(m_link.connect(m_facts, m_wasRunning, progress));
    m_guard.dismiss();
    if (m_facts.physicalMode == true) {
        m_physical = true;
        RETURN_IF_ERROR(setPhysicalMode(false));
    }
    watchCode();
    return m_cpus.learnRegisters();
}

/// Without the watch everything works, at more cost.
void Target::watchCode()
{
    if (m_options.watchedCode.empty())
        return;
    if (auto watch = CodeWatch::open(m_options.watchedCode)) {
        m_watch = std::move(*watch);
        if (m_options.breakpointsSleep)
            m_breakpoints.letSleep(*m_watch);
    }
}

void Target::listen(const MiRecord& record)
{
    if (record.name.starts_with("thread-created") || record.name == "thread-exited")
        m_cpus.forgetThreads();
    if (record.name.starts_with("breakpoint-"))
        m_breakpoints.note(record);
}

core::Result<void> Target::setPhysicalMode(bool physical)
{
    // Switching back must work after a cancel, too.
    return setPhysicalMode(
        physical, physical ? m_link.commandLimit() : WaitLimit::after(m_options.commandTime));
}

core::Result<void> Target::setPhysicalMode(bool physical, const WaitLimit& limit)
{
    if (!m_facts.physicalMode)
        return core::failure(
            "read physical memory through gdb", "the gdbstub cannot do it", "use QEMU's gdbstub");
    m_physical = m_physical || physical;
    ASSIGN_OR_RETURN(
        auto reply, m_link.packet(physical ? "Qqemu.PhyMemMode:1" : "Qqemu.PhyMemMode:0", limit));
    if (reply != "OK")
        return core::failure("switch the gdbstub's memory addresses", "it answered \"" + reply + "\"");
    m_physical = physical;
    // gdb may hold bytes that it read while addresses meant something else.
    RETURN_IF_ERROR(m_link.run(consoleCommand("maintenance flush dcache"), limit));
    return {};
}

core::Result<void> Target::writePhysical(core::PhysicalAddress address, std::uint64_t value, unsigned bytes)
{
    const std::string tried = "write to physical " + hexText(address.value);
    RETURN_IF_ERROR(m_link.expectStopped(tried));
    RETURN_IF_ERROR(setPhysicalMode(true));
    std::string contents;
    for (unsigned i = 0; i < bytes; ++i)
        core::appendHex(contents, value >> (8 * i) & 0xff, 2);
    const auto written
        = m_link.run("-data-write-memory-bytes " + hexText(address.value) + " \"" + contents + "\"");
    RETURN_IF_ERROR(setPhysicalMode(false));
    return written ? core::Result<void>() : core::failure(tried, written.error().happened);
}

core::Result<std::string> Target::monitor(std::string_view command)
{
    RETURN_IF_ERROR(m_link.expectStopped("run \"" + std::string(command) + "\" in the monitor"));
    if (!m_facts.can.monitor)
        return core::failure("run \"" + std::string(command) + "\" in the monitor", "this stub has none");
    return m_link.monitor(command);
}

core::Result<std::vector<core::CpuState>> Target::cpus()
{
    RETURN_IF_ERROR(m_link.expectStopped("read the guest's registers"));
    // Registers that gdb remembers would hide that the guest is gone, or that another client resumed it.
    RETURN_IF_ERROR(m_link.run(consoleCommand("maintenance flush register-cache")));
    m_disturbances = m_link.mux()->disturbances();
    auto states = m_cpus.read();
    if (states)
        m_lastCpus = *states;
    return states;
}

core::Result<void> Target::checkStillStopped()
{
    const std::string tried = "read the guest at one moment";
    RETURN_IF_ERROR(m_link.packet("qC", m_link.commandLimit()));
    RETURN_IF_ERROR(m_link.run(consoleCommand("maintenance flush register-cache")));
    ASSIGN_OR_RETURN(auto states, m_cpus.read());
    if (m_link.mux()->disturbances() != m_disturbances || (!m_lastCpus.empty() && states != m_lastCpus))
        return core::failure(
            tried, "another program resumed it meanwhile", "use one debugger at a time, and read again");
    return {};
}

core::Result<bool> Target::readLinear(core::LinearAddress address, std::span<std::byte> bytes)
{
    const std::string tried = "read at " + hexText(address.value);
    RETURN_IF_ERROR(m_link.expectStopped(tried));
    // Whole words, as digits with a zero byte after them, in gdbsx's buffer: each packet takes a while.
    constexpr std::size_t pieceBytes = 2040;
    bool mapped = true;
    const auto done = m_link.mux()->perform(m_link.commandLimit(), [&](StubLine& line) -> core::Result<void> {
        for (std::size_t at = 0; mapped && at < bytes.size(); at += pieceBytes) {
            const auto piece = bytes.subspan(at, std::min(pieceBytes, bytes.size() - at));
            ASSIGN_OR_RETURN(const auto reply,
                line.ask("m" + hexText(address.value + at).substr(2) + "," + hexText(piece.size()).substr(2),
                    m_link.commandLimit()));
            mapped = hexDecodeInto(reply, piece);
        }
        return {};
    });
    RETURN_IF_ERROR(done);
    return mapped;
}

core::Result<std::uint64_t> Target::evaluate(std::string_view expression, unsigned cpu)
{
    const std::string tried = "evaluate " + std::string(expression);
    RETURN_IF_ERROR(m_link.expectStopped(tried));
    ASSIGN_OR_RETURN(const auto thread, m_cpus.threadOf(cpu));
    ASSIGN_OR_RETURN(auto answer,
        m_link.run("-data-evaluate-expression --thread " + std::to_string(thread) + " --frame 0 "
            + miQuoted("(unsigned long long)(" + std::string(expression) + ")")));
    const auto value = answer.results.numberOf("value");
    if (!value)
        return core::failure(tried, "gdb answered \"" + std::string(answer.results.textOf("value")) + "\"");
    return *value;
}

void Target::forgetState()
{
    m_breakpoints.forgetDeleted();
    m_link.forgetStop();
    m_lastCpus.clear();
    m_stopAsked = Asked::Not;
    forgetProvisionalRam();
}

core::Result<void> Target::resume()
{
    RETURN_IF_ERROR(m_link.expectStopped("run the guest"));
    RETURN_IF_ERROR(m_breakpoints.apply());
    if (m_options.echoes) {
        ASSIGN_OR_RETURN(const auto at, evaluate("$rip"));
        m_options.echoes->resumedAt(core::LinearAddress(at));
    }
    forgetState();
    if (m_watch)
        m_watch->hold(true);
    return m_link.resume();
}

core::Result<void> Target::interrupt()
{
    if (!running())
        return {};
    if (!m_facts.can.interrupt)
        return core::failure("stop the guest", "this stub cannot stop a guest that runs",
            "pause the domain from dom0: xl pause DOMAIN");
    m_stopAsked = Asked::User;
    // Stopping the guest is part of the way out, so a cancel must not prevent it.
    return m_link.interrupt(WaitLimit::after(m_options.commandTime));
}

/// As GdbLink::awaitStop(). A CPU that is held before code of interest is stopped there.
core::Result<MiRecord> Target::awaitStop(std::chrono::milliseconds deadline)
{
    using Clock = std::chrono::steady_clock;
    constexpr auto look = std::chrono::milliseconds(1);
    const auto end = Clock::now() + deadline;
    while (m_watch && m_stopAsked == Asked::Not && Clock::now() + look < end) {
        const auto pieceEnd = Clock::now() + look;
        auto record = m_link.awaitStop(WaitLimit::after(look, m_cancel));
        if (record || Clock::now() < pieceEnd || !running())
            return record;
        if (m_watch->held()) {
            RETURN_IF_ERROR(m_link.interrupt(m_link.commandLimit()));
            m_stopAsked = Asked::Watch;
        }
    }
    return m_link.awaitStop(WaitLimit::after(
        std::max(std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()), look), m_cancel));
}

core::Result<StopEvent> Target::waitForStop(std::chrono::milliseconds deadline)
{
    for (;;) {
        const auto record = awaitStop(deadline);
        if (!record && m_link.takeResumeRefused()) {
            RETURN_IF_ERROR(m_breakpoints.learnFromRefusedResume());
            RETURN_IF_ERROR(resume());
            continue;
        }
        RETURN_IF_ERROR(record);
        StopEvent event = stopEventOf(*record);
        if (m_options.echoes && m_options.echoes->isEcho(endOf(event), event.rip)) {
            RETURN_IF_ERROR(resume());
            continue;
        }
        const auto met = m_breakpoints.wake();
        if (met && !event.number) {
            event.number = met;
            event.reason = StopEvent::Reason::Breakpoint;
        } else if (!event.number && m_watch && m_watch->storesDone()) {
            event.reason = StopEvent::Reason::Stores;
        } else if (!event.number && m_watch && m_watch->instructionsDone()) {
            event.reason = StopEvent::Reason::Instructions;
        } else if (!event.number && m_stopAsked == Asked::Watch) {
            RETURN_IF_ERROR(resume());
            continue;
        }
        ASSIGN_OR_RETURN(event.cpu, m_cpus.cpuOf(threadOfStop(*record).value_or(1)));
        return event;
    }
}

core::Result<StopEvent> Target::stepInstruction(unsigned cpu)
{
    const std::string tried = "step processor " + std::to_string(cpu);
    RETURN_IF_ERROR(m_link.expectStopped(tried));
    ASSIGN_OR_RETURN(const auto thread, m_cpus.threadOf(cpu));
    RETURN_IF_ERROR(m_breakpoints.apply());
    forgetState();
    if (m_options.echoes)
        m_options.echoes->resumedAt({});
    if (m_watch)
        m_watch->hold(false); // one instruction is no way past anything
    auto stepped = m_link.run("-exec-step-instruction --thread " + std::to_string(thread));
    RETURN_IF_ERROR(stepped);
    return waitForStop(m_options.commandTime);
}

core::Result<std::string> Target::execute(const std::string& command, const std::function<bool()>& busy)
{
    RETURN_IF_ERROR(m_link.expectStopped("run \"" + command + "\" in gdb"));
    if (m_link.lost())
        return tl::unexpected(m_link.lostError());
    const auto own = [this](unsigned number) { return ownsBreakpoint(number); };
    const PromptCommand asked = promptCommand(command, m_breakpoints.users(), own);
    if (asked.command.empty())
        return asked.answer;
    m_breakpoints.wakeAll();
    RETURN_IF_ERROR(m_breakpoints.apply());
    forgetState();
    ASSIGN_OR_RETURN(std::string printed, m_link.console(asked.command, busy));
    if (asked.listsBreakpoints)
        printed = withoutOwnBreakpoints(printed, own);
    printed = withoutOwnNotes(printed, own);
    if (isRefusedBreakpoint(printed) && !running() && m_breakpoints.applyAfterRefusal())
        printed += "Breakpoints of the boot events were removed to make room.\n";
    return printed;
}

std::string Target::takePrinted(const StopEvent& stop)
{
    const std::string printed = m_link.takePrinted();
    const auto users = m_breakpoints.usersNumberAt(stop.rip);
    return stop.number && users && ownsBreakpoint(*stop.number)
        ? withUsersNumber(printed, *stop.number, *users)
        : printed;
}

core::Result<void> Target::readSymbols(const std::string& path)
{
    RETURN_IF_ERROR(m_link.expectStopped("read the symbols of " + path));
    // gdb looks at the places of its breakpoints again, see GdbBreakpoints::insertHardware().
    const bool hides = m_facts.can.hardwareBreakpoints;
    RETURN_IF_ERROR(hides ? m_link.run(consoleCommand("mem 0 0 wo")) : MiRecord());
    const auto read
        = m_link.run("-file-symbol-file " + miQuoted(path), WaitLimit::after(GdbLink::symbolTime, m_cancel));
    RETURN_IF_ERROR(hides ? m_link.run(consoleCommand("mem auto")) : MiRecord());
    RETURN_IF_ERROR(read);
    return {};
}

core::Result<std::vector<std::string>> Target::completions(const std::string& begin)
{
    RETURN_IF_ERROR(m_link.expectStopped("complete \"" + begin + "\""));
    ASSIGN_OR_RETURN(const auto answer, m_link.run("-complete " + miQuoted(begin)));
    std::vector<std::string> words;
    if (const MiValue* matches = answer.results.find("matches"))
        for (const MiResult& match : matches->items)
            words.push_back(match.value.text);
    return words;
}

core::Result<void> Target::release(EndState end)
{
    if (m_link.released())
        return {};
    m_link.remarkRefusal();
    auto left = leave(end);
    m_link.release();
    return left;
}

core::Result<void> Target::leave(EndState end)
{
    if (m_watch)
        m_watch->hold(false);
    // There is nothing left to be put back.
    if (m_link.ended()) {
        m_link.kill();
        return {};
    }
    const bool resume = end == EndState::Running || (end == EndState::AsFound && m_wasRunning);
    // One that was given up has had its time.
    const auto slow = m_link.usable() ? 4 * m_facts.replyTime : m_facts.replyTime;
    // Half the time for gdb, which takes out each breakpoint, and half to do it without gdb.
    const WaitLimit gdbLimit = WaitLimit::after(m_options.releaseTime / 2 + 2 * slow);
    if (m_link.usable() && releaseThroughGdb(resume, gdbLimit)) {
        m_link.closeStub();
        return {};
    }
    if (m_facts.can.staysStopped && resume && !m_options.endsWithUs)
        (void)m_guard.post(m_options.endpoint, farewellBytes(m_facts.physicalMode, resume));
    // Killed, gdb cannot touch the guest any more, and the stub is free for us.
    m_link.kill();
    if (!m_facts.can.staysStopped)
        return end == EndState::Stopped
            ? core::failure("leave the guest stopped", "its stub resumes it when the connection ends",
                "pause the domain from dom0: xl pause DOMAIN")
            : core::Result<void>();
    return restoreStub(m_options.endpoint, {m_facts.physicalMode, resume},
        WaitLimit::after(m_options.releaseTime / 2 + slow));
}

core::Result<void> Target::releaseThroughGdb(bool resume, const WaitLimit& limit)
{
    if (running() && !m_facts.can.interrupt)
        return core::failure("stop the guest", "this stub cannot stop a guest that runs");
    if (running())
        RETURN_IF_ERROR(m_link.halt(limit));
    RETURN_IF_ERROR(m_link.run("-break-delete", limit));
    if (!m_facts.can.staysStopped)
        return core::failure("detach", "the stub detaches only when the connection closes");
    if (m_facts.physicalMode && m_physical != *m_facts.physicalMode)
        RETURN_IF_ERROR(setPhysicalMode(*m_facts.physicalMode, limit));
    RETURN_IF_ERROR(m_link.run(consoleCommand(resume ? "detach" : "disconnect"), limit));
    return {};
}

} // namespace pgtscope::gdb
