// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "app/pgt/command.h"
#include "app/pgt/guestoptions.h"
#include "app/pgt/recordboot.h"
#include "app/pgt/stopoutput.h"
#include "app/pgt/stoptext.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "gdb/proxy/proxysession.h"

namespace pgtscope::pgt {

namespace {

struct ProxyCommandOptions {
    GuestOptions guest;
    std::string listen;
    std::string file;
    bool allowFileIo = false;
    bool allowMonitor = false;
};

/// Time between two checks for a cancel.
constexpr std::chrono::milliseconds slice(200);

core::Result<gdb::ProxyListening> listeningOf(const ProxyCommandOptions& options)
{
    gdb::ProxyListening listening;
    listening.fileIo = options.allowFileIo;
    listening.monitor = options.allowMonitor;
    if (options.listen.empty())
        return listening;
    ASSIGN_OR_RETURN(auto endpoint, gdb::parseEndpoint(options.listen));
    listening.endpoint = std::move(endpoint);
    return listening;
}

core::Result<std::unique_ptr<gdb::ProxySession>> openProxy(
    const ProxyCommandOptions& options, Console& console)
{
    if (!options.file.empty())
        RETURN_IF_ERROR(core::RecordingWriter::checkNew(options.file));
    ASSIGN_OR_RETURN(const auto listening, listeningOf(options));
    ASSIGN_OR_RETURN(const auto session, sessionOptionsOf(options.guest, console));
    return gdb::ProxySession::open(
        {session, listening, options.guest.cpu}, console.cancel(), console.progress());
}

/// Prints and records the debugger's stops.
class ProxyLog {
public:
    ProxyLog(const ProxyCommandOptions& options, gdb::ProxySession& session)
        : m_options(options)
        , m_session(session)
    {
    }

    core::Result<void> add(const gdb::BootStop& stop)
    {
        std::optional<core::StepNumber> kept;
        RETURN_IF_ERROR(record(stop, kept));
        if (m_options.guest.json)
            std::cout << core::jsonLine(stopJson(stop, m_previous, kept)) << '\n';
        else
            std::cout << stopText(stop, m_previous);
        std::cout << std::flush;
        // The reader may have closed the output; the recording is what counts.
        std::cout.clear();
        m_previous = stop.snapshot;
        return {};
    }
    core::Result<core::StepNumber> finish()
    {
        if (!m_recorder)
            return 0;
        RETURN_IF_ERROR(m_recorder->finish(m_session));
        return m_recorder->size();
    }

private:
    core::Result<void> record(const gdb::BootStop& stop, std::optional<core::StepNumber>& kept)
    {
        if (m_options.file.empty())
            return {};
        if (!m_recorder) {
            ASSIGN_OR_RETURN(auto made,
                gdb::Recorder::create(m_options.file, describeSession(m_options.guest, m_session)));
            m_recorder = std::move(made);
        }
        // The code is in the hands of the user's own debugger.
        RETURN_IF_ERROR(m_recorder->add(stop, {}).and_then([&] { return m_recorder->settle(); }));
        kept = m_recorder->size() - 1;
        return {};
    }

    const ProxyCommandOptions& m_options;
    gdb::ProxySession& m_session;
    std::unique_ptr<gdb::Recorder> m_recorder;
    core::SnapshotPtr m_previous;
};

/// Runs until Ctrl-C; a stop that cannot be read is reported, and the debugger goes on.
core::Result<void> serve(gdb::ProxySession& session, ProxyLog& log, Console& console)
{
    bool connected = false;
    while (!console.cancel().cancelled()) {
        const auto stop = session.next(slice);
        if (!stop && !console.cancel().cancelled())
            console.fail(stop.error());
        if (stop && *stop)
            RETURN_IF_ERROR(log.add(**stop));
        if (std::exchange(connected, session.connected()) && !connected)
            console.remark("the debugger disconnected"
                + (session.problem().empty() ? std::string() : ": " + session.problem())
                + "; another may connect");
    }
    return {};
}

ExitStatus proxy(const ProxyCommandOptions& options, Console& console)
{
    const auto session = openProxy(options, console);
    if (!session)
        return console.fail(session.error());
    console.clear();
    console.remark("in your gdb: target remote " + (*session)->endpoint().gdbText()
        + "\nEach of its stops is read before gdb reports it. Ctrl-C ends this.");
    ProxyLog log(options, **session);
    const auto served = serve(**session, log, console);
    const auto kept = log.finish();
    if (!served)
        return console.fail(served.error());
    if (!kept)
        return console.fail(kept.error());
    if (*kept > 0)
        console.remark(core::countText(*kept, "step") + " in " + options.file + "; read it with \"pgt show "
            + options.file + "\"");
    return ExitStatus::Done;
}

} // namespace

void addProxyCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<ProxyCommandOptions>();
    CLI::App* command = app.add_subcommand("proxy",
        "Let your own gdb or IDE control a guest through pgt: each of its stops becomes a step; Ctrl-C ends "
        "it");
    options->guest.addTo(*command);
    command->add_option("--listen", options->listen,
        "Where your debugger connects: unix:PATH or a loopback HOST:PORT (default: a unix socket that only "
        "you can reach)");
    command->add_option("-o,--output", options->file, "Write the steps to this recording, FILE.pgtrec")
        ->check(hasName());
    command->add_flag("--allow-file-io", options->allowFileIo,
        "Pass the stub's File-I/O calls on to your gdb, which then opens, reads, writes, renames and removes "
        "your files at the stub's request, and runs its commands after \"set remote system-call-allowed 1\"; "
        "without it they are refused");
    command->add_flag("--allow-monitor", options->allowMonitor,
        "Pass every \"monitor\" command of your gdb on to QEMU, which then also writes files, opens ports "
        "and runs "
        "programs as you, and changes the guest; without it only those pass that read (info, x, xp, print, "
        "gva2gpa, …)");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return proxy(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
