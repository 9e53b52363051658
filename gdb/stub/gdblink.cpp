// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/gdblink.h"

#include <csignal>
#include <utility>

namespace pgtscope::gdb {

namespace {

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

} // namespace

bool isRefusedBreakpoint(std::string_view text)
{
    return text.find("requested too many hardware breakpoints") != std::string_view::npos
        || text.find("Could not insert hardware") != std::string_view::npos;
}

core::Result<void> GdbLink::connect(const StubFacts& facts, bool wasRunning, const core::Progress& progress)
{
    MiOptions gdb;
    gdb.program = m_options.gdbProgram;
    gdb.deathSignal = wasRunning ? SIGTERM : SIGKILL;
    ASSIGN_OR_RETURN(m_client, MiClient::start(gdb, commandLimit()));
    m_client->setSubscriber([this](const MiRecord& record) { listen(record); });
    RETURN_IF_ERROR(configure(facts));
    if (!m_options.symbolFile.empty()) {
        if (progress)
            progress("gdb reads " + m_options.symbolFile, 0, 0);
        RETURN_IF_ERROR(run(
            "-file-symbol-file " + miQuoted(m_options.symbolFile), WaitLimit::after(symbolTime, m_cancel)));
    }
    RETURN_IF_ERROR(connectStub(facts, wasRunning));
    m_phase = Phase::Stopped;
    m_stop.reset();
    return {};
}

core::Result<void> GdbLink::configure(const StubFacts& facts)
{
    for (const std::string& setting : {"architecture " + facts.architecture, std::string("language c"),
             "remotetimeout " + std::to_string(remoteTimeout(facts).count()),
             std::string("tcp auto-retry off"),
             // Otherwise every stop takes all breakpoints out of the guest, and every resume puts them back.
             std::string("breakpoint always-inserted on")})
        RETURN_IF_ERROR(run("-gdb-set " + setting));
    return {};
}

core::Result<void> GdbLink::connectStub(const StubFacts& facts, bool wasRunning)
{
    StubMuxOptions options;
    options.stub = m_options.endpoint;
    options.oneDebugger = true;
    options.traits = facts.traits();
    // Some resume the guest by themselves when the connection ends.
    if (facts.can.staysStopped && !m_options.endsWithUs)
        options.farewell = farewellBytes(facts.physicalMode, wasRunning);
    ASSIGN_OR_RETURN(m_mux, StubMux::start(options));
    m_client->setAllowance([this] { return answering(); });
    // Not quoted: gdb takes the rest of this command's line as it is, blanks included.
    const auto connected = run("-target-select remote " + m_mux->endpoint().path);
    if (connected)
        return {};
    const std::string problem = m_mux->problem();
    const std::string tried = "connect gdb to " + m_options.endpoint.text();
    return core::failure(tried, problem.empty() ? connected.error().happened : problem,
        problem.empty() ? connected.error().advice : "");
}

void GdbLink::closeStub()
{
    if (m_mux)
        m_mux->stop();
}

void GdbLink::kill()
{
    m_client.reset();
    closeStub();
}

bool GdbLink::usable() const
{
    return m_client && m_client->alive() && (m_phase == Phase::Stopped || m_phase == Phase::Running);
}

/// What gdb says then is about itself ("No registers.").
std::string GdbLink::whyLost() const
{
    if (!m_silence.empty())
        return m_silence;
    const std::string problem = m_mux ? m_mux->problem() : std::string();
    return problem.empty() ? "its QEMU has ended, or closed the connection to the gdbstub" : problem;
}

core::Error GdbLink::lostError() const
{
    return {"query the guest", whyLost(), "check that the guest still runs, and connect again"};
}

core::Result<void> GdbLink::expectStopped(std::string_view tried) const
{
    if (released())
        return core::failure(std::string(tried), "pgtscope has detached from the guest", "connect again");
    if (running())
        return core::failure(std::string(tried), "the guest is running", "stop it first");
    return {};
}

void GdbLink::remarkRefusal()
{
    const std::string refusal = m_mux ? m_mux->takeRefusal() : std::string();
    if (!refusal.empty() && m_options.remark)
        m_options.remark(refusal);
}

void GdbLink::listen(const MiRecord& record)
{
    switch (record.kind) {
    case MiRecord::Kind::Console:
    case MiRecord::Kind::Target:
        if (m_printed.size() < maxPrinted)
            m_printed += record.text;
        break;
    case MiRecord::Kind::Log:
        // gdb has reported "running" by then, and corrects that in no other way.
        if (isRefusedBreakpoint(record.text) && m_phase == Phase::Running) {
            m_phase = Phase::Stopped;
            m_foreground = Foreground::No;
            m_resumeRefused = true;
        }
        break;
    case MiRecord::Kind::Exec:
        // "exited-normally" and "exited", with a status.
        if (record.name == "stopped" && record.results.textOf("reason").starts_with("exited")) {
            m_ended = true;
            m_phase = released() ? m_phase : Phase::Lost;
            break;
        }
        if (m_phase == Phase::Stopped || m_phase == Phase::Running)
            m_phase = record.name == "running" ? Phase::Running : Phase::Stopped;
        if (record.name == "stopped") {
            m_stop = record;
            m_interrupt.reset();
            m_foreground = Foreground::No;
        }
        break;
    case MiRecord::Kind::Notify:
        if (record.name == "thread-group-exited" && !released()) {
            m_phase = Phase::Lost;
            m_ended = m_ended || record.results.find("exit-code") != nullptr;
        }
        m_notified(record);
        break;
    default:
        break;
    }
}

core::Result<MiRecord> GdbLink::run(std::string_view command, const WaitLimit& limit, std::string* text)
{
    if (lost())
        return tl::unexpected(lostError());
    m_printed.clear();
    auto result = m_client->run(command, limit);
    std::string printed = takePrinted();
    if (text != nullptr)
        *text = std::move(printed);
    return unlessLost(std::move(result));
}

/// A stub that is silent once is not asked again: each further question would cost as much time. gdb can say
/// that the stub is gone (remote.c, readchar() and remote_serial_write()) before its connection is seen
/// closed.
core::Result<MiRecord> GdbLink::unlessLost(core::Result<MiRecord> result)
{
    if (result || m_phase == Phase::Connecting || released())
        return result;
    if (m_client->timedOut())
        return tl::unexpected(giveUp());
    const std::string& said = result.error().happened;
    if (!said.starts_with("Remote connection closed") && !said.starts_with("Remote communication error"))
        return result;
    m_phase = Phase::Lost;
    return tl::unexpected(lostError());
}

core::Error GdbLink::giveUp()
{
    m_phase = Phase::Lost;
    m_silence = "the gdbstub at " + m_options.endpoint.text() + " gave no answer in time";
    return lostError();
}

std::chrono::milliseconds GdbLink::answering() const
{
    return m_mux ? m_mux->answering() : std::chrono::milliseconds(0);
}

bool GdbLink::interruptUnanswered() const
{
    return m_interrupt
        && WaitLimit::Clock::now()
        > m_interrupt->at + m_options.commandTime + (answering() - m_interrupt->answering);
}

core::Result<std::string> GdbLink::monitor(std::string_view command)
{
    std::string text;
    RETURN_IF_ERROR(run(consoleCommand("monitor " + std::string(command)), commandLimit(), &text));
    return text;
}

core::Result<std::string> GdbLink::packet(std::string_view payload, const WaitLimit& limit)
{
    std::string text;
    RETURN_IF_ERROR(run(consoleCommand("maintenance packet " + std::string(payload)), limit, &text));
    constexpr std::string_view mark = "received: \"";
    const std::size_t begin = text.find(mark);
    const std::size_t end = text.rfind('"');
    if (begin == std::string::npos || end < begin + mark.size())
        return core::failure("send \"" + std::string(payload) + "\" to the gdbstub", "no reply was shown");
    return text.substr(begin + mark.size(), end - begin - mark.size());
}

void GdbLink::submit(std::string_view command, Reply reply)
{
    m_client->submit(
        command, m_options.commandTime, [this, reply = std::move(reply)](core::Result<MiRecord> result) {
            reply(std::move(result), takePrinted());
        });
}

core::Result<void> GdbLink::awaitAll()
{
    auto done = m_client->awaitAll(m_cancel);
    if (done && lost())
        return tl::unexpected(lostError());
    return done;
}

core::Result<void> GdbLink::resume()
{
    m_interrupt.reset();
    m_resumeRefused = false;
    RETURN_IF_ERROR(run("-exec-continue"));
    // gdb prints "*running" after its answer: an immediate interrupt() must not find the guest stopped.
    if (m_phase == Phase::Stopped && !m_stop && !m_resumeRefused)
        m_phase = Phase::Running;
    return {};
}

core::Result<void> GdbLink::interrupt(const WaitLimit& limit)
{
    if (!m_interrupt)
        m_interrupt = Interrupt{WaitLimit::Clock::now(), answering()};
    if (m_foreground == Foreground::No) {
        RETURN_IF_ERROR(run("-exec-interrupt", limit));
        return {};
    }
    if (std::exchange(m_foreground, Foreground::Interrupted) == Foreground::Waiting)
        ::kill(static_cast<pid_t>(processId()), SIGINT);
    return {};
}

core::Result<void> GdbLink::halt(const WaitLimit& limit)
{
    m_stop.reset();
    RETURN_IF_ERROR(interrupt(limit));
    return m_client->pumpUntil([this] { return m_stop || lost(); }, limit, "stop the guest");
}

core::Result<MiRecord> GdbLink::awaitStop(const WaitLimit& limit)
{
    const std::string tried = "wait for the guest to stop";
    const auto waited = m_client->pumpUntil(
        [this] { return m_stop || lost() || m_resumeRefused || interruptUnanswered(); }, limit, tried);
    remarkRefusal();
    RETURN_IF_ERROR(waited);
    if (!m_stop && !lost() && m_resumeRefused)
        return core::failure(tried, "the guest takes fewer breakpoints, and was not resumed");
    if (!m_stop && !lost())
        return tl::unexpected(giveUp());
    if (lost())
        return core::failure(tried, whyLost(), "see its messages, and start it again");
    return *std::exchange(m_stop, std::nullopt);
}

core::Result<std::string> GdbLink::console(const std::string& command, const std::function<bool()>& busy)
{
    m_printed.clear();
    // Shared: the answer may come after this call was given up.
    const auto answer = std::make_shared<std::optional<core::Result<MiRecord>>>();
    m_client->submit(consoleCommand(command), consoleTime,
        [answer](core::Result<MiRecord> result) { *answer = std::move(result); });
    bool interrupted = false;
    while (!*answer) {
        const auto done = m_client->pumpUntil([&] { return answer->has_value(); },
            WaitLimit::after(consoleSlice, m_cancel), "run \"" + command + "\" in gdb");
        if (!*answer && (!m_client->alive() || (m_cancel && m_cancel->cancelled())))
            return tl::unexpected(done.error());
        // A guest that runs meanwhile may stop for the signal, so that it is the one that counts.
        if (!*answer && busy() && !std::exchange(interrupted, true))
            ::kill(static_cast<pid_t>(processId()), SIGINT);
    }
    remarkRefusal();
    if (lost() || !m_client->alive())
        return tl::unexpected(lost() ? lostError() : (**answer).error());
    const core::Result<MiRecord>& result = **answer;
    if (result && result->name == "running" && !m_stop && m_phase == Phase::Stopped)
        m_phase = Phase::Running;
    // With "&" gdb's command line is free again at once.
    if (running() && !command.ends_with('&'))
        m_foreground = interrupted ? Foreground::Interrupted : Foreground::Waiting;
    return takePrinted() + (result ? "" : result.error().happened + "\n");
}

} // namespace pgtscope::gdb
