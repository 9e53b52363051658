// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/proxy/proxiedguest.h"

namespace pgtscope::gdb {

namespace {

using std::chrono::milliseconds;

/// Most that one question to the stub may take, beside the time in which it gives answers; StubLine may need
/// nearly as much again to find out that the stub is lost.
constexpr milliseconds questionTime(6000);
constexpr milliseconds probeTime(8000);
constexpr milliseconds putBackTime(3000);
constexpr int questionPackets = 100;
constexpr int putBackPackets = 6;

} // namespace

ProxiedGuest::ProxiedGuest(
    const Endpoint& stub, StubFacts facts, std::unique_ptr<StubMux> mux, const core::CancelFlag* cancel)
    : m_stub(stub)
    , m_facts(std::move(facts))
    , m_mux(std::move(mux))
    , m_cancel(cancel)
{
}

core::Result<std::unique_ptr<ProxiedGuest>> ProxiedGuest::start(
    const Endpoint& stub, const ProxyListening& listening, const core::CancelFlag* cancel)
{
    StubGuard guard;
    ASSIGN_OR_RETURN(const auto facts, probeStub(stub, WaitLimit::after(probeTime, cancel), &guard));
    const bool ran = facts.wasRunning.value_or(true);
    if (ran)
        RETURN_IF_ERROR(restoreStub(
            stub, {std::nullopt, true}, WaitLimit::after(putBackTime + putBackPackets * facts.replyTime)));
    guard.dismiss();
    StubMuxOptions options;
    options.stub = stub;
    options.listen = listening.endpoint;
    options.traits = facts.traits();
    options.farewell = farewellBytes(facts.physicalMode, ran);
    options.holdStops = true;
    options.fileIo = listening.fileIo;
    options.monitor = listening.monitor;
    ASSIGN_OR_RETURN(auto mux, StubMux::start(options));
    return std::unique_ptr<ProxiedGuest>(new ProxiedGuest(stub, facts, std::move(mux), cancel));
}

ProxiedGuest::~ProxiedGuest()
{
    const bool taken = m_mux->connected();
    m_mux->stop();
    if (taken)
        (void)restoreStub(m_stub, {m_facts.physicalMode, m_facts.wasRunning.value_or(true)},
            WaitLimit::after(putBackTime + putBackPackets * m_facts.replyTime));
}

std::optional<HeldStop> ProxiedGuest::awaitStop(milliseconds time)
{
    auto held = m_mux->awaitStop(WaitLimit::after(time, m_cancel));
    if (held)
        forgetProvisionalRam();
    return held;
}

WaitLimit ProxiedGuest::questionLimit() const
{
    return WaitLimit::after(questionTime + questionPackets * m_facts.replyTime, m_cancel);
}

core::Result<std::vector<core::CpuState>> ProxiedGuest::cpus()
{
    const WaitLimit limit = questionLimit();
    const std::string before = m_mux->chosenThread();
    core::Result<std::vector<core::CpuState>> states;
    const auto done = m_mux->perform(limit, [&](StubLine& line) -> core::Result<void> {
        states = m_cpus.read(line, limit);
        // The debugger goes on with the thread that it chose, whatever happened here.
        const bool several = !states || states->size() > 1;
        return several && !before.empty() ? StubCpus::choose(line, before, WaitLimit::after(questionTime))
                                          : core::Result<void>();
    });
    RETURN_IF_ERROR(done);
    if (states)
        m_lastCpus = *states;
    return states;
}

core::Result<std::string> ProxiedGuest::monitor(std::string_view command)
{
    const WaitLimit limit = questionLimit();
    core::Result<std::string> text;
    const auto done = m_mux->perform(limit, [&](StubLine& line) -> core::Result<void> {
        text = line.monitor(command, limit);
        return {};
    });
    RETURN_IF_ERROR(done);
    return text;
}

core::Result<void> ProxiedGuest::checkStillStopped()
{
    const std::vector<core::CpuState> before = m_lastCpus;
    ASSIGN_OR_RETURN(const auto now, cpus());
    return before.empty() || now == before
        ? core::Result<void>()
        : core::failure("read the guest at one moment", "another program resumed it meanwhile",
            "use one debugger at a time, and read again");
}

} // namespace pgtscope::gdb
