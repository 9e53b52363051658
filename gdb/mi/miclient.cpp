// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/mi/miclient.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

#include "gdb/mi/miparser.h"

namespace pgtscope::gdb {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// What is kept of gdb's standard error, in bytes.
constexpr std::size_t complaintBytes = 2000;

QStringList gdbArguments(const QStringList& further)
{
    QStringList arguments{"--interpreter=mi3"};
    for (const std::string& option : gdbStartOptions())
        arguments << QString::fromStdString(option);
    return arguments + further;
}

std::string triedText(std::string_view command)
{
    constexpr std::size_t most = 120;
    return "run \"" + std::string(command.substr(0, most)) + (command.size() > most ? "…" : "") + "\" in gdb";
}

} // namespace

std::vector<std::string> gdbStartOptions()
{
    std::vector<std::string> options{"-nx", "-q"};
    for (const char* setting : {"set auto-load off", "set auto-solib-add off", "set debuginfod enabled off",
             "set confirm off", "set pagination off", "set width 0", "set height 0", "set history size 0"})
        options.insert(options.end(), {"-iex", setting});
    return options;
}

std::string miQuoted(std::string_view text)
{
    std::string quoted = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\')
            quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

MiClient::MiClient(const MiOptions& options)
    : m_maxLineBytes(options.maxLineBytes)
{
    m_process.setProgram(options.program);
    m_process.setArguments(gdbArguments(options.arguments));
    m_process.setChildProcessModifier([signal = options.deathSignal, parent = ::getpid()] {
        // A group of its own keeps the terminal's Ctrl-C away: we decide when gdb stops.
        ::setpgid(0, 0);
        ::prctl(PR_SET_PDEATHSIG, signal);
        if (::getppid() != parent)
            ::_exit(1);
    });
}

MiClient::~MiClient()
{
    kill();
    failAll("gdb was ended", "");
}

core::Result<std::unique_ptr<MiClient>> MiClient::start(const MiOptions& options, const WaitLimit& limit)
{
    std::unique_ptr<MiClient> client(new MiClient(options));
    client->m_process.start();
    const std::string program = options.program.toStdString();
    if (!client->m_process.waitForStarted(static_cast<int>(limit.slice(milliseconds(60000)).count())))
        return core::failure(
            "start " + program, client->m_process.errorString().toStdString(), "install the package gdb");
    // gdb is ready when it answers; mi-async lets it take an interrupt while the guest runs.
    auto ready = client->run("-gdb-set mi-async on", limit);
    if (!ready)
        return core::failure("start " + program, ready.error().happened, ready.error().advice);
    return client;
}

void MiClient::kill()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.kill();
    m_process.waitForFinished(2000);
}

MiClient::Subscriber MiClient::setSubscriber(Subscriber subscriber)
{
    return std::exchange(m_subscriber, std::move(subscriber));
}

void MiClient::submit(std::string_view command, milliseconds deadline, Callback callback)
{
    if (command.empty() || command.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos) {
        callback(core::failure(triedText(command), "a command is one line"));
        return;
    }
    if (!alive()) {
        callback(core::failure(triedText(command), deathReport(), "connect again"));
        return;
    }
    const std::uint64_t token = m_nextToken++;
    const std::string line = std::to_string(token) + std::string(command) + "\n";
    m_pending.emplace(token, Pending{std::string(command), countedNow() + deadline, std::move(callback)});
    m_process.write(line.data(), static_cast<qint64>(line.size()));
}

core::Result<MiRecord> MiClient::run(std::string_view command, const WaitLimit& limit)
{
    std::optional<core::Result<MiRecord>> result;
    const std::uint64_t token = m_nextToken;
    const auto time = std::max(limit.slice(std::chrono::hours(1)), milliseconds(0));
    submit(command, time, [&result](core::Result<MiRecord> r) { result = std::move(r); });
    while (!result) {
        pumpOnce(limit.slice());
        if (!result && limit.cancelled())
            finish(token, core::failure(triedText(command), "cancelled"));
    }
    return std::move(*result);
}

core::Result<void> MiClient::awaitAll(const core::CancelFlag* cancel)
{
    while (!m_pending.empty()) {
        if (cancel != nullptr && cancel->cancelled()) {
            failAll("cancelled", "");
            return core::failure("wait for gdb", "cancelled");
        }
        Clock::time_point first = Clock::time_point::max();
        for (const auto& [token, pending] : m_pending)
            first = std::min(first, pending.deadline);
        pumpOnce(WaitLimit{first + (Clock::now() - countedNow()), cancel}.slice());
    }
    return {};
}

core::Result<void> MiClient::pumpUntil(
    const std::function<bool()>& done, const WaitLimit& limit, std::string_view tried)
{
    while (!done()) {
        if (limit.cancelled())
            return core::failure(std::string(tried), "cancelled");
        if (!alive())
            return core::failure(std::string(tried), deathReport(), "connect again");
        if (limit.passed())
            return core::failure(std::string(tried), "it did not happen in time");
        pumpOnce(limit.slice());
    }
    return {};
}

void MiClient::pumpOnce(milliseconds most)
{
    takeOutput();
    if (alive() && !m_process.waitForReadyRead(static_cast<int>(std::max<std::int64_t>(most.count(), 1))))
        (void)m_process.error(); // A time-out and an end look the same here; alive() distinguishes them.
    takeOutput();
    expire();
    if (!alive())
        failAll(deathReport(), "connect again");
}

void MiClient::takeOutput()
{
    const QByteArray complaint = m_process.readAllStandardError();
    m_complaints.append(complaint.constData(), static_cast<std::size_t>(complaint.size()));
    if (m_complaints.size() > complaintBytes)
        m_complaints.erase(0, m_complaints.size() - complaintBytes);

    const QByteArray output = m_process.readAllStandardOutput();
    m_input.append(output.constData(), static_cast<std::size_t>(output.size()));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = m_input.find('\n', std::max(begin, m_searched))) != std::string::npos;) {
        takeLine(std::string_view(m_input).substr(begin, end - begin));
        begin = end + 1;
    }
    m_input.erase(0, begin);
    m_searched = m_input.size();
    if (m_input.size() > m_maxLineBytes) {
        m_endReason = "gdb printed a line longer than " + std::to_string(m_maxLineBytes) + " bytes";
        m_input.clear();
        m_searched = 0;
        kill();
    }
}

void MiClient::takeLine(std::string_view line)
{
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    auto record = parseMiLine(line);
    // What is no record is text that a target or a library wrote to gdb's standard output: gdb/MI has no
    // quoting for it, and clients skip it.
    if (!record)
        return;
    if (record->kind == MiRecord::Kind::Result) {
        if (record->token)
            finish(*record->token, std::move(*record));
    } else if (m_subscriber && record->kind != MiRecord::Kind::Prompt) {
        m_subscriber(*record);
    }
}

void MiClient::finish(std::uint64_t token, core::Result<MiRecord> result)
{
    auto found = m_pending.find(token);
    if (found == m_pending.end())
        return;
    Pending pending = std::move(found->second);
    m_pending.erase(found);
    if (result && result->name == "error") {
        const std::string_view message = result->results.textOf("msg");
        result = core::failure(
            triedText(pending.command), message.empty() ? "gdb gave no reason" : std::string(message));
    }
    pending.callback(std::move(result));
}

void MiClient::setAllowance(std::function<milliseconds()> allowance) { m_allowance = std::move(allowance); }

Clock::time_point MiClient::countedNow() const
{
    return Clock::now() - (m_allowance ? m_allowance() : milliseconds(0));
}

void MiClient::expire()
{
    const Clock::time_point now = countedNow();
    std::vector<std::uint64_t> late;
    for (const auto& [token, pending] : m_pending)
        if (pending.deadline <= now)
            late.push_back(token);
    for (std::uint64_t token : late) {
        auto found = m_pending.find(token);
        m_timedOut = true;
        if (found != m_pending.end())
            finish(token,
                core::failure(triedText(found->second.command), "no answer in time",
                    "check that the guest's stub still answers"));
    }
}

void MiClient::failAll(const std::string& happened, const std::string& advice)
{
    // A callback may submit again, which must not be failed here: only what is pending now is.
    std::map<std::uint64_t, Pending> pending;
    pending.swap(m_pending);
    for (auto& [token, entry] : pending)
        entry.callback(core::failure(triedText(entry.command), happened, advice));
}

std::string MiClient::deathReport() const
{
    if (!m_endReason.empty())
        return m_endReason;
    std::string report = m_process.exitStatus() == QProcess::CrashExit
        ? "gdb was killed or crashed (signal " + std::to_string(m_process.exitCode()) + ")"
        : "gdb ended with status " + std::to_string(m_process.exitCode());
    std::string_view complaint = m_complaints;
    while (!complaint.empty() && (complaint.back() == '\n' || complaint.back() == '\r'))
        complaint.remove_suffix(1);
    const std::size_t lastLine = complaint.rfind('\n');
    if (lastLine != std::string_view::npos)
        complaint.remove_prefix(lastLine + 1);
    return complaint.empty() ? report : report + ", saying \"" + std::string(complaint) + "\"";
}

std::string consoleCommand(std::string_view command)
{
    return "-interpreter-exec console " + miQuoted(command);
}

} // namespace pgtscope::gdb
