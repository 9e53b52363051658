// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/stubmux.h"

#include <array>
#include <poll.h>

namespace pgtscope::gdb {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds connectTime(5000);
/// How long a thread without a debugger sleeps before it looks at jobs that have been cancelled, in ms.
constexpr int welcomeSlice = 200;
/// What one job reads at most, in bytes: the debugger waits that long.
constexpr std::size_t jobBytes = 1U << 20U;

} // namespace

StubMux::StubMux(const StubMuxOptions& options, DebuggerDoor door, WakeUp wake)
    : m_options(options)
    , m_door(std::move(door))
    , m_wake(std::move(wake))
    , m_jobs(m_wake)
    , m_gate(m_wake)
    , m_filter(options.fileIo)
{
    m_task.start([this](const core::CancelFlag&) { serve(); });
}

core::Result<std::unique_ptr<StubMux>> StubMux::start(const StubMuxOptions& options)
{
    ASSIGN_OR_RETURN(auto door, DebuggerDoor::open(options.listen));
    auto wake = WakeUp::make();
    if (!wake)
        return core::failure("put a proxy between gdb and the stub", wake.error().happened);
    return std::unique_ptr<StubMux>(new StubMux(options, std::move(door), std::move(*wake)));
}

StubMux::~StubMux() { stop(); }

void StubMux::stop()
{
    m_ending.cancel();
    m_wake.wake();
    m_task.wait();
}

void StubMux::serve()
{
    while (!m_ending.cancelled() && m_door.isOpen()) {
        welcome();
        while (m_switch && !m_ending.cancelled() && !m_switch->ended()) {
            look();
            m_switch->turn(m_wake);
        }
        hangUp();
    }
    m_door.close();
    m_jobs.close();
    m_gate.close();
}

void StubMux::welcome()
{
    std::array<pollfd, 2> entries{{{m_door.descriptor(), POLLIN, 0}, {m_wake.descriptor(), POLLIN, 0}}};
    ::poll(entries.data(), entries.size(), welcomeSlice);
    look();
    if (m_ending.cancelled())
        return;
    const auto meanwhile = [this] { look(); };
    auto debugger = m_door.admit(m_ending, meanwhile, m_notes);
    if (!debugger)
        return;
    if (m_options.oneDebugger)
        m_door.close();
    auto stub = StreamSocket::connect(m_options.stub, WaitLimit::after(connectTime, &m_ending));
    core::Result<void> guarded;
    if (stub && !m_options.farewell.empty())
        guarded = m_guard.post(stub->descriptor(), m_options.farewell);
    m_notes.setProblem(!stub ? stub.error().message() : !guarded ? guarded.error().message() : std::string());
    if (!stub || !guarded)
        return;
    m_switch.emplace(
        m_options, std::move(*debugger), std::move(*stub), StubSwitch::Shared{m_gate, m_filter, m_notes});
    m_connected = true;
}

/// Takes what woke us up, and serves a job that can be served or has come to its end.
void StubMux::look()
{
    m_wake.clear();
    const auto job = m_jobs.next();
    if (!job)
        return;
    if (auto why = whyNotNow(job->limit))
        m_jobs.finish(tl::unexpected(*why));
    else if (m_switch->idle())
        m_jobs.finish(m_switch->speak(*job->work));
}

/// nullopt: it can be done, or soon can be.
std::optional<core::Error> StubMux::whyNotNow(const WaitLimit& limit) const
{
    const std::string tried = "use the gdbstub alongside the debugger";
    if (limit.cancelled())
        return core::Error{tried, "cancelled", ""};
    if (!m_switch || !m_switch->stubIsOpen())
        return core::Error{tried, "no debugger is connected", "connect again"};
    if (m_switch->running())
        return core::Error{tried, "the guest is running", "stop it first"};
    if (m_switch->detached())
        return core::Error{tried, "the debugger has detached from the guest", "connect again"};
    if (limit.passed())
        return core::Error{tried, "the debugger did not become idle in time", "try again"};
    return std::nullopt;
}

void StubMux::hangUp()
{
    m_guard.dismiss();
    m_switch.reset();
    m_connected = false;
    m_gate.drop();
    m_jobs.finish(core::failure("use the gdbstub alongside the debugger", "the connection was closed",
        "check that the guest still runs, and connect again"));
}

core::Result<void> StubMux::read(std::span<StubRead> pieces, const WaitLimit& limit)
{
    for (std::size_t at = 0; at < pieces.size();) {
        std::size_t end = at;
        for (std::size_t sum = 0;
             end < pieces.size() && (end == at || sum + pieces[end].bytes.size() <= jobBytes); ++end)
            sum += pieces[end].bytes.size();
        auto done
            = perform(limit, [&](StubLine& line) { return line.read(pieces.subspan(at, end - at), limit); });
        if (!done)
            return done;
        at = end;
    }
    return {};
}

} // namespace pgtscope::gdb
