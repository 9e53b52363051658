// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/target.h"

#include <algorithm>
#include <charconv>
#include <csignal>

#include "core/base/numbers.h"

namespace pgtscope::gdb {

using core::hexText;

namespace {

using std::chrono::milliseconds;

/// How long gdb waits for the stub to take a request before it repeats it: its own default, and longer where
/// the way to the stub is long. A repetition counts as a sign that the guest was resumed, see
/// StubMux::disturbances().
std::chrono::seconds remoteTimeout(const StubFacts& facts)
{
    return std::chrono::seconds(2) + std::chrono::floor<std::chrono::seconds>(3 * facts.replyTime);
}
/// More than any monitor command that is asked for here prints; what comes after it is dropped.
constexpr std::size_t maxPrinted = 64U << 20U;
/// A user's command may take as long as gdb needs; it can be interrupted.
constexpr auto consoleTime = std::chrono::minutes(30);
constexpr auto consoleSlice = std::chrono::milliseconds(100);
/// Reading DWARF of a whole kernel takes gdb this long at worst.
constexpr auto symbolTime = std::chrono::minutes(3);

RunEchoes::End endOf(const StopEvent& event)
{
    if (event.reason == StopEvent::Reason::Interrupted)
        return RunEchoes::End::Interrupted;
    const bool trapped = event.reason == StopEvent::Reason::Signal && event.detail == "SIGTRAP";
    return trapped ? RunEchoes::End::Trapped : RunEchoes::End::Otherwise;
}

/// The vCPU of a thread as QEMU names it, "Thread 1.2" (process 1, second CPU); the number is hexadecimal and
/// counts from 1.
std::optional<unsigned> cpuOfTargetId(std::string_view name)
{
    const std::size_t at = name.find_last_of(" .");
    unsigned number = 0;
    if (at == std::string_view::npos)
        return std::nullopt;
    const auto [end, error] = std::from_chars(name.data() + at + 1, name.data() + name.size(), number, 16);
    return error == std::errc() && number > 0 ? std::optional(number - 1) : std::nullopt;
}

} // namespace

Target::Target(const ConnectOptions& options, const core::CancelFlag* cancel)
    : m_options(options)
    , m_cancel(cancel)
{
}

Target::~Target() { (void)release(EndState::AsFound); }

core::Result<std::unique_ptr<Target>> Target::attach(
    const ConnectOptions& options, const core::CancelFlag* cancel, const core::Progress& progress)
{
    std::unique_ptr<Target> target(new Target(options, cancel));
    const bool guarded = !options.endsWithUs && options.wasRunning != false;
    StubGuard* const guard = guarded ? &target->m_guard : nullptr;
    auto facts = options.facts
        ? core::Result<StubFacts>(*options.facts)
        : probeStub(options.endpoint, WaitLimit::after(options.commandTime, cancel), guard);
    if (!facts) {
        target->m_phase = Phase::Released;
        return tl::unexpected(facts.error());
    }
    // From here on the guest is stopped, and the target's destructor restores its state.
    target->m_facts = *facts;
    target->m_wasRunning = options.wasRunning.value_or(facts->wasRunning.value_or(true));
    RETURN_IF_ERROR(target->connect(progress));
    return target;
}

core::Result<void> Target::connect(const core::Progress& progress)
{
    MiOptions gdb;
    gdb.program = m_options.gdbProgram;
    gdb.deathSignal = m_wasRunning ? SIGTERM : SIGKILL;
    ASSIGN_OR_RETURN(auto client, MiClient::start(gdb, commandLimit()));
    m_client = std::move(client);
    m_client->setSubscriber([this](const MiRecord& record) { listen(record); });
    if (auto configured = configure(); !configured)
        return configured;
    if (!m_options.symbolFile.empty()) {
        if (progress)
            progress("gdb reads " + m_options.symbolFile, 0, 0);
        auto read = run(
            "-file-symbol-file " + miQuoted(m_options.symbolFile), WaitLimit::after(symbolTime, m_cancel));
        RETURN_IF_ERROR(read);
    }
    if (auto connected = connectGdb(); !connected)
        return connected;
    m_phase = Phase::Stopped;
    if (!m_facts.can.staysStopped)
        m_echoes.emplace();
    m_stop.reset();
    if (m_facts.physicalMode == true) {
        m_physical = true;
        if (auto off = setPhysicalMode(false); !off)
            return off;
    }
    auto names = run("-data-list-register-names");
    RETURN_IF_ERROR(names);
    ASSIGN_OR_RETURN(auto registers, RegisterMap::fromNames(names->results, m_facts.can.controlRegisters));
    m_registers = registers;
    return {};
}

core::Result<void> Target::connectGdb()
{
    StubMuxOptions options;
    options.stub = m_options.endpoint;
    options.oneDebugger = true;
    options.traits = m_facts.traits();
    // gdbsx resumes the domain by itself when the connection ends.
    if (m_facts.can.staysStopped && !m_options.endsWithUs)
        options.farewell = farewellBytes(m_facts.physicalMode, m_wasRunning);
    ASSIGN_OR_RETURN(auto mux, StubMux::start(options));
    m_mux = std::move(mux);
    m_client->setAllowance([this] { return m_mux ? m_mux->answering() : std::chrono::milliseconds(0); });
    // Not quoted: gdb takes the rest of this command's line as it is, blanks included.
    auto connected = run("-target-select remote " + m_mux->endpoint().path);
    if (connected) {
        m_guard.dismiss();
        return {};
    }
    const std::string problem = m_mux->problem();
    const std::string tried = "connect gdb to " + m_options.endpoint.text();
    return core::failure(tried, problem.empty() ? connected.error().happened : problem,
        problem.empty() ? connected.error().advice : "");
}

core::Error Target::lostError() const
{
    const std::string problem = m_mux ? m_mux->problem() : std::string();
    return {"ask the guest",
        !problem.empty()          ? problem
            : m_complaint.empty() ? "the connection to it is lost"
                                  : m_complaint,
        "check that the guest still runs, and connect again"};
}

void Target::remarkRefusal()
{
    const std::string refusal = m_mux ? m_mux->takeRefusal() : std::string();
    if (!refusal.empty() && m_options.remark)
        m_options.remark(refusal);
}

core::Result<void> Target::configure()
{
    // QEMU describes its processor: x86-64 in every mode, i386 if it is an emulator of that. gdbsx does not.
    const unsigned described = m_options.endpoint.gdbsxBits;
    const std::string architecture = described == 0 ? "auto" : described == 32 ? "i386" : "i386:x86-64";
    for (const std::string& setting : {"architecture " + architecture, std::string("language c"),
             "remotetimeout " + std::to_string(remoteTimeout(m_facts).count()),
             std::string("tcp auto-retry off"),
             // Otherwise every stop takes all breakpoints out of the guest, and every resume puts them back.
             std::string("breakpoint always-inserted on")})
        RETURN_IF_ERROR(run("-gdb-set " + setting));
    return {};
}

void Target::listen(const MiRecord& record)
{
    switch (record.kind) {
    case MiRecord::Kind::Console:
    case MiRecord::Kind::Target:
        if (m_printed.size() < maxPrinted)
            m_printed += record.text;
        break;
    case MiRecord::Kind::Log:
        if (record.text.find_first_not_of("\r\n") != std::string::npos)
            m_complaint = record.text.substr(0, record.text.find_last_not_of("\r\n") + 1);
        // gdb has reported "running" by then, and corrects that in no other way.
        if (isRefusedBreakpoint(record.text) && m_phase == Phase::Running)
            m_phase = Phase::Stopped;
        break;
    case MiRecord::Kind::Exec:
        if (m_phase == Phase::Stopped || m_phase == Phase::Running)
            m_phase = record.name == "running" ? Phase::Running : Phase::Stopped;
        if (record.name == "stopped")
            m_stop = record;
        break;
    case MiRecord::Kind::Notify:
        if (record.name == "thread-group-exited" && m_phase != Phase::Released)
            m_phase = Phase::Lost;
        if (record.name.starts_with("thread-created") || record.name == "thread-exited")
            m_cpuOfThread.reset();
        if (record.name.starts_with("breakpoint-"))
            noteUsersBreakpoint(record);
        break;
    default:
        break;
    }
}

core::Result<MiRecord> Target::run(std::string_view command) { return run(command, commandLimit()); }

core::Result<MiRecord> Target::run(std::string_view command, const WaitLimit& limit, std::string* text)
{
    if (lost())
        return tl::unexpected(lostError());
    m_printed.clear();
    auto result = m_client->run(command, limit);
    std::string printed = std::exchange(m_printed, {});
    if (text != nullptr)
        *text = std::move(printed);
    return unlessTimedOut(std::move(result));
}

/// A stub that is silent once is not asked again: each further question would cost as much time.
core::Result<MiRecord> Target::unlessTimedOut(core::Result<MiRecord> result)
{
    if (result || !m_client->timedOut() || m_phase == Phase::Connecting || m_phase == Phase::Released)
        return result;
    m_phase = Phase::Lost;
    m_complaint = "the gdbstub at " + m_options.endpoint.text() + " gave no answer in time";
    return tl::unexpected(lostError());
}

void Target::submit(std::string_view command, Reply reply)
{
    m_client->submit(
        command, m_options.commandTime, [this, reply = std::move(reply)](core::Result<MiRecord> result) {
            reply(std::move(result), std::exchange(m_printed, {}));
        });
}

core::Result<void> Target::awaitAll()
{
    auto done = m_client->awaitAll(m_cancel);
    if (done && lost())
        return tl::unexpected(lostError());
    return done;
}

core::Result<void> Target::expectStopped(std::string_view tried) const
{
    if (m_phase == Phase::Released)
        return core::failure(std::string(tried), "the guest was released", "connect again");
    if (running())
        return core::failure(std::string(tried), "the guest is running", "stop it first");
    return {};
}

core::Result<std::string> Target::packet(std::string_view payload, const WaitLimit& limit)
{
    std::string text;
    auto sent = run(consoleCommand("maintenance packet " + std::string(payload)), limit, &text);
    RETURN_IF_ERROR(sent);
    constexpr std::string_view mark = "received: \"";
    const std::size_t begin = text.find(mark);
    const std::size_t end = text.rfind('"');
    if (begin == std::string::npos || end < begin + mark.size())
        return core::failure("send \"" + std::string(payload) + "\" to the gdbstub", "no reply was shown");
    return text.substr(begin + mark.size(), end - begin - mark.size());
}

core::Result<void> Target::setPhysicalMode(bool physical)
{
    // Switching back must work after a cancel, too.
    return setPhysicalMode(physical, physical ? commandLimit() : WaitLimit::after(m_options.commandTime));
}

core::Result<void> Target::setPhysicalMode(bool physical, const WaitLimit& limit)
{
    if (!m_facts.physicalMode)
        return core::failure(
            "read physical memory through gdb", "the gdbstub cannot do it", "use QEMU's gdbstub");
    m_physical = m_physical || physical;
    ASSIGN_OR_RETURN(auto reply, packet(physical ? "Qqemu.PhyMemMode:1" : "Qqemu.PhyMemMode:0", limit));
    if (reply != "OK")
        return core::failure("switch the gdbstub's memory addresses", "it answered \"" + reply + "\"");
    m_physical = physical;
    // gdb may hold bytes that it read while addresses meant something else.
    auto flushed = run(consoleCommand("maintenance flush dcache"), limit);
    return flushed ? core::Result<void>() : tl::unexpected(flushed.error());
}

core::Result<void> Target::writePhysical(core::PhysicalAddress address, std::uint64_t value, unsigned bytes)
{
    const std::string tried = "write to physical " + hexText(address.value);
    if (auto stopped = expectStopped(tried); !stopped)
        return stopped;
    if (auto on = setPhysicalMode(true); !on)
        return on;
    std::string contents;
    for (unsigned i = 0; i < bytes; ++i)
        core::appendHex(contents, value >> (8 * i) & 0xff, 2);
    const auto written = run("-data-write-memory-bytes " + hexText(address.value) + " \"" + contents + "\"");
    if (auto off = setPhysicalMode(false); !off)
        return off;
    return written ? core::Result<void>() : core::failure(tried, written.error().happened);
}

core::Result<std::string> Target::monitor(std::string_view command)
{
    RETURN_IF_ERROR(expectStopped("run \"" + std::string(command) + "\" in the monitor"));
    if (!m_facts.can.monitor)
        return core::failure("run \"" + std::string(command) + "\" in the monitor", "this stub has none");
    std::string text;
    auto done = run(consoleCommand("monitor " + std::string(command)), commandLimit(), &text);
    RETURN_IF_ERROR(done);
    return text;
}

core::Result<void> Target::readThreads()
{
    ASSIGN_OR_RETURN(auto info, run("-thread-info"));
    std::map<unsigned, unsigned> threads;
    if (const MiValue* list = info.results.find("threads"))
        for (const MiResult& item : list->items) {
            const auto thread = item.value.numberOf("id");
            auto cpu = cpuOfTargetId(item.value.textOf("target-id"));
            // Another stub's threads are its CPUs in their order.
            if (!m_facts.can.controlRegisters && thread && *thread > 0)
                cpu = static_cast<unsigned>(std::min<std::uint64_t>(*thread - 1, 0xffffU));
            if (thread && *thread <= 0xffffU && cpu)
                threads[static_cast<unsigned>(*thread)] = *cpu;
        }
    if (threads.empty())
        return core::failure("list the guest's processors", "gdb shows no threads");
    m_cpuOfThread = std::move(threads);
    return {};
}

core::Result<std::vector<core::CpuState>> Target::readCpus()
{
    RETURN_IF_ERROR(knowThreads());
    std::vector<core::CpuState> states;
    std::optional<core::Error> problem;
    for (const auto& [thread, cpu] : *m_cpuOfThread) {
        submit(
            m_registers->command(thread), [&, id = cpu](core::Result<MiRecord> result, const std::string&) {
                auto state = result ? m_registers->state(result->results) : tl::unexpected(result.error());
                if (!state) {
                    problem = problem.value_or(state.error());
                    return;
                }
                state->id = id;
                if (m_facts.control)
                    state->control = *m_facts.control;
                states.push_back(*state);
            });
    }
    RETURN_IF_ERROR(awaitAll());
    if (problem)
        return tl::unexpected(*problem);
    std::sort(states.begin(), states.end(), [](auto& a, auto& b) { return a.id < b.id; });
    return states;
}

core::Result<std::vector<core::CpuState>> Target::cpus()
{
    RETURN_IF_ERROR(expectStopped("read the guest's registers"));
    // Registers that gdb remembers would hide that the guest is gone, or that another client resumed it.
    RETURN_IF_ERROR(run(consoleCommand("maintenance flush register-cache")));
    m_disturbances = m_mux->disturbances();
    auto states = readCpus();
    if (states)
        m_lastCpus = *states;
    return states;
}

core::Result<void> Target::checkStillStopped()
{
    const std::string tried = "read the guest at one moment";
    RETURN_IF_ERROR(packet("qC", commandLimit()));
    RETURN_IF_ERROR(run(consoleCommand("maintenance flush register-cache")));
    ASSIGN_OR_RETURN(auto states, readCpus());
    if (m_mux->disturbances() != m_disturbances || (!m_lastCpus.empty() && states != m_lastCpus))
        return core::failure(
            tried, "somebody else resumed it meanwhile", "leave it to one debugger, and read again");
    return {};
}

core::Result<bool> Target::readLinear(core::LinearAddress address, std::span<std::byte> bytes)
{
    const std::string tried = "read at " + hexText(address.value);
    RETURN_IF_ERROR(expectStopped(tried));
    // Whole words, as digits with a zero byte after them, in gdbsx's buffer: each packet takes a while.
    constexpr std::size_t pieceBytes = 2040;
    bool mapped = true;
    const auto done = m_mux->perform(commandLimit(), [&](StubLine& line) -> core::Result<void> {
        for (std::size_t at = 0; mapped && at < bytes.size(); at += pieceBytes) {
            const auto piece = bytes.subspan(at, std::min(pieceBytes, bytes.size() - at));
            ASSIGN_OR_RETURN(const auto reply,
                line.ask("m" + hexText(address.value + at).substr(2) + "," + hexText(piece.size()).substr(2),
                    commandLimit()));
            mapped = hexDecodeInto(reply, piece);
        }
        return {};
    });
    return done ? core::Result<bool>(mapped) : tl::unexpected(done.error());
}

core::Result<std::uint64_t> Target::evaluate(std::string_view expression, unsigned cpu)
{
    const std::string tried = "evaluate " + std::string(expression);
    RETURN_IF_ERROR(expectStopped(tried));
    ASSIGN_OR_RETURN(const auto thread, threadOf(cpu));
    ASSIGN_OR_RETURN(auto answer,
        run("-data-evaluate-expression --thread " + std::to_string(thread) + " --frame 0 "
            + miQuoted("(unsigned long long)(" + std::string(expression) + ")")));
    const auto value = answer.results.numberOf("value");
    if (!value)
        return core::failure(tried, "gdb answered \"" + std::string(answer.results.textOf("value")) + "\"");
    return *value;
}

void Target::forgetState()
{
    m_stop.reset();
    m_lastCpus.clear();
    forgetProvisionalRam();
}

core::Result<void> Target::resume()
{
    if (auto stopped = expectStopped("run the guest"); !stopped)
        return stopped;
    if (auto spent = spendBudget(); !spent)
        return spent;
    if (m_echoes) {
        ASSIGN_OR_RETURN(const auto at, evaluate("$rip"));
        m_echoes->resumedAt(core::LinearAddress(at));
    }
    forgetState();
    auto resumed = run("-exec-continue");
    RETURN_IF_ERROR(resumed);
    // gdb prints "*running" after its answer: an immediate interrupt() must not find the guest stopped.
    if (m_phase == Phase::Stopped && !m_stop)
        m_phase = Phase::Running;
    return {};
}

core::Result<void> Target::interrupt()
{
    if (!running())
        return {};
    if (!m_facts.can.interrupt)
        return core::failure("stop the guest", "this stub cannot stop a guest that runs",
            "pause the domain from dom0: xl pause DOMAIN");
    // Stopping the guest is part of the way out, so a cancel must not prevent it.
    auto asked = run("-exec-interrupt", WaitLimit::after(m_options.commandTime));
    return asked ? core::Result<void>() : tl::unexpected(asked.error());
}

core::Result<StopEvent> Target::waitForStop(milliseconds deadline)
{
    const std::string tried = "wait for the guest to stop";
    const auto stopped = [this] { return m_stop.has_value() || lost(); };
    for (;;) {
        auto waited = m_client->pumpUntil(stopped, WaitLimit::after(deadline, m_cancel), tried);
        remarkRefusal();
        RETURN_IF_ERROR(waited);
        if (lost())
            return core::failure(
                tried, m_complaint.empty() ? "the guest ended" : m_complaint, "start it again");
        const MiRecord record = *std::exchange(m_stop, std::nullopt);
        StopEvent event = stopEventOf(record);
        if (m_echoes && m_echoes->isEcho(endOf(event), event.rip)) {
            RETURN_IF_ERROR(resume());
            continue;
        }
        RETURN_IF_ERROR(knowThreads());
        const auto cpu = m_cpuOfThread->find(threadOfStop(record).value_or(1));
        event.cpu = cpu != m_cpuOfThread->end() ? cpu->second : 0;
        return event;
    }
}

core::Result<unsigned> Target::threadOf(unsigned cpu)
{
    RETURN_IF_ERROR(knowThreads());
    const auto thread = std::find_if(
        m_cpuOfThread->begin(), m_cpuOfThread->end(), [&](const auto& entry) { return entry.second == cpu; });
    if (thread == m_cpuOfThread->end())
        return core::failure("use processor " + std::to_string(cpu), "the guest has no such processor");
    return thread->first;
}

core::Result<StopEvent> Target::stepInstruction(unsigned cpu)
{
    const std::string tried = "step processor " + std::to_string(cpu);
    RETURN_IF_ERROR(expectStopped(tried));
    ASSIGN_OR_RETURN(const auto thread, threadOf(cpu));
    RETURN_IF_ERROR(spendBudget());
    forgetState();
    if (m_echoes)
        m_echoes->resumedAt({});
    auto stepped = run("-exec-step-instruction --thread " + std::to_string(thread));
    RETURN_IF_ERROR(stepped);
    return waitForStop(m_options.commandTime);
}

core::Result<std::string> Target::execute(const std::string& command, const std::function<bool()>& busy)
{
    const std::string tried = "run \"" + command + "\" in gdb";
    RETURN_IF_ERROR(expectStopped(tried));
    if (lost())
        return tl::unexpected(lostError());
    RETURN_IF_ERROR(spendBudget());
    forgetState();
    m_printed.clear();
    // Shared: the answer may come after this call was given up.
    const auto answer = std::make_shared<std::optional<core::Result<MiRecord>>>();
    m_client->submit(consoleCommand(command), consoleTime,
        [answer](core::Result<MiRecord> result) { *answer = std::move(result); });
    bool interrupted = false;
    while (!*answer) {
        const auto done = m_client->pumpUntil(
            [&] { return answer->has_value(); }, WaitLimit::after(consoleSlice, m_cancel), tried);
        if (!*answer && (!m_client->alive() || (m_cancel && m_cancel->cancelled())))
            return tl::unexpected(done.error());
        if (!*answer && busy() && !std::exchange(interrupted, true))
            ::kill(static_cast<pid_t>(gdbProcessId()), SIGINT);
    }
    remarkRefusal();
    if (lost() || !m_client->alive())
        return tl::unexpected(lost() ? lostError() : (**answer).error());
    const core::Result<MiRecord>& result = **answer;
    if (result && result->name == "running" && !m_stop && m_phase == Phase::Stopped)
        m_phase = Phase::Running;
    std::string printed = takePrinted() + (result ? "" : result.error().happened + "\n");
    if (isRefusedBreakpoint(printed) && !running()) {
        if (!m_budget.limit())
            learnFromRefusal();
        if (spendBudget())
            printed += "Breakpoints that follow the boot made room.\n";
    }
    return printed;
}

core::Result<std::vector<std::string>> Target::completions(const std::string& begin)
{
    RETURN_IF_ERROR(expectStopped("complete \"" + begin + "\""));
    ASSIGN_OR_RETURN(const auto answer, run("-complete " + miQuoted(begin)));
    std::vector<std::string> words;
    if (const MiValue* matches = answer.results.find("matches"))
        for (const MiResult& match : matches->items)
            words.push_back(match.value.text);
    return words;
}

core::Result<void> Target::release(EndState end)
{
    if (m_phase == Phase::Released)
        return {};
    remarkRefusal();
    auto left = leave(end);
    m_phase = Phase::Released;
    return left;
}

core::Result<void> Target::leave(EndState end)
{
    const bool resume = end == EndState::Running || (end == EndState::AsFound && m_wasRunning);
    const auto slow = 4 * m_facts.replyTime;
    const WaitLimit limit = WaitLimit::after(m_options.releaseTime + slow);
    // Half the time for gdb, so that there is time left to do it without gdb.
    const WaitLimit gdbLimit = WaitLimit::after(m_options.releaseTime / 2 + 2 * slow);
    const bool usable = m_client && m_client->alive() && (m_phase == Phase::Stopped || running());
    if (usable && releaseThroughGdb(resume, gdbLimit)) {
        m_mux->stop();
        return {};
    }
    if (m_facts.can.staysStopped && resume && !m_options.endsWithUs)
        (void)m_guard.post(m_options.endpoint, farewellBytes(m_facts.physicalMode, resume));
    // Killed, gdb cannot touch the guest any more, and the stub is free for us.
    m_client.reset();
    if (m_mux)
        m_mux->stop();
    if (!m_facts.can.staysStopped)
        return end == EndState::Stopped
            ? core::failure("leave the guest stopped", "its stub lets it run when the connection ends",
                "pause the domain from dom0: xl pause DOMAIN")
            : core::Result<void>();
    return restoreStub(m_options.endpoint, {m_facts.physicalMode, resume}, limit);
}

core::Result<void> Target::releaseThroughGdb(bool resume, const WaitLimit& limit)
{
    const auto done = [](const auto& result) -> core::Result<void> {
        return result ? core::Result<void>() : tl::unexpected(result.error());
    };
    if (running() && !m_facts.can.interrupt)
        return core::failure("stop the guest", "this stub cannot stop a guest that runs");
    if (running()) {
        m_stop.reset();
        if (auto asked = run("-exec-interrupt", limit); !asked)
            return done(asked);
        const auto stopped = [this] { return m_stop.has_value() || lost(); };
        if (auto waited = m_client->pumpUntil(stopped, limit, "stop the guest"); !waited)
            return waited;
    }
    if (auto removed = run("-break-delete", limit); !removed)
        return done(removed);
    if (!m_facts.can.staysStopped)
        return core::failure("detach", "the connection itself has to end");
    if (m_facts.physicalMode && m_physical != *m_facts.physicalMode)
        if (auto restored = setPhysicalMode(*m_facts.physicalMode, limit); !restored)
            return restored;
    return done(run(consoleCommand(resume ? "detach" : "disconnect"), limit));
}

} // namespace pgtscope::gdb
