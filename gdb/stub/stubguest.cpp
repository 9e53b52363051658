// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/stubguest.h"

#include <utility>

#include "gdb/rsp/rspclient.h"

namespace pgtscope::gdb {

namespace {

/// Beside the time in which the stub gives answers. With putBackTime, twice where the first try is of no use,
/// a stub that falls silent costs less than 12 s.
constexpr std::chrono::milliseconds questionTime(6000);
constexpr std::chrono::milliseconds putBackTime(2000);
/// Packets that a question takes at most: the registers of many processors.
constexpr int questionPackets = 100;
constexpr int putBackPackets = 6;

/// `D` lets the guest run; a QEMU with multiprocess support needs the process's number (handle_detach).
core::Result<void> detach(StubLine& line, bool ofQemu, const WaitLimit& limit)
{
    ASSIGN_OR_RETURN(const auto reply, line.ask(ofQemu ? "D;1" : "D", limit));
    return reply == "OK" ? core::Result<void>()
                         : core::failure("let the guest run again", "the stub answered \"" + reply + "\"");
}

} // namespace

StubGuest::StubGuest(const Endpoint& endpoint, const core::CancelFlag* cancel)
    : m_endpoint(endpoint)
    , m_cancel(cancel)
{
}

core::Result<std::unique_ptr<StubGuest>> StubGuest::attach(
    const Endpoint& endpoint, const core::CancelFlag* cancel)
{
    const WaitLimit limit = WaitLimit::after(questionTime, cancel);
    std::unique_ptr<StubGuest> guest(new StubGuest(endpoint, cancel));
    ASSIGN_OR_RETURN(auto stub, RspClient::connect(endpoint, limit, &guest->m_guard));
    ASSIGN_OR_RETURN(auto facts, probeStub(stub, endpoint, limit, &guest->m_guard));
    guest->m_facts = std::move(facts);
    guest->m_traits = guest->m_facts.traits();
    guest->m_socket = stub.takeSocket();
    return guest;
}

StubGuest::~StubGuest() { (void)release(); }

/// A stub that was given up once is not asked again: each further question would cost as much time.
template <typename Work>
auto StubGuest::speak(const Work& work)
{
    using Answer = decltype(work(std::declval<StubLine&>()));
    if (m_broken)
        return Answer(core::failure("query the guest",
            "the connection to the gdbstub at " + m_endpoint.text() + " is lost",
            "check that the guest still runs, and connect again"));
    StubLine line(m_socket, m_traits, false, StubLine::Company::None);
    auto answer = work(line);
    m_wasResumed = m_wasResumed || line.sawStop();
    m_broken = m_broken || line.broken();
    return answer;
}

WaitLimit StubGuest::questionLimit() const
{
    return WaitLimit::after(questionTime + questionPackets * m_traits.replyTime, m_cancel);
}

core::Result<std::vector<core::CpuState>> StubGuest::cpus()
{
    auto states = speak([&](StubLine& line) { return m_cpus.read(line, questionLimit()); });
    if (states)
        m_lastCpus = *states;
    return states;
}

core::Result<std::string> StubGuest::monitor(std::string_view command)
{
    return speak([&](StubLine& line) { return line.monitor(command, questionLimit()); });
}

core::Result<void> StubGuest::read(std::span<StubRead> pieces, const WaitLimit& limit)
{
    return speak([&](StubLine& line) { return line.read(pieces, limit); });
}

core::Result<void> StubGuest::checkStillStopped()
{
    const std::vector<core::CpuState> before = m_lastCpus;
    ASSIGN_OR_RETURN(const auto now, cpus());
    return !m_wasResumed && (before.empty() || now == before)
        ? core::Result<void>()
        : core::failure("read the guest at one moment", "another program resumed it meanwhile",
            "use one debugger at a time, and read again");
}

core::Result<void> StubGuest::release()
{
    if (!m_socket.isOpen())
        return {};
    const bool ran = m_facts.wasRunning.value_or(true);
    const auto time = putBackTime + putBackPackets * m_traits.replyTime;
    const WaitLimit limit = WaitLimit::after(time);
    core::Result<void> left
        = m_broken ? core::failure("leave the guest", "the connection is lost") : core::Result<void>();
    if (!m_broken && ran)
        left = speak([&](StubLine& line) { return detach(line, m_facts.physicalMode.has_value(), limit); });
    m_socket.close();
    if (!left)
        left = restoreStub(m_endpoint, {m_facts.physicalMode, ran}, WaitLimit::after(time));
    m_guard.dismiss();
    return left;
}

} // namespace pgtscope::gdb
