// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/proxy/proxiedguest.h"

#include <algorithm>
#include <charconv>

namespace pgtscope::gdb {

namespace {

using std::chrono::milliseconds;

/// Most that one question to the stub may take.
constexpr milliseconds questionTime(10000);
constexpr milliseconds probeTime(10000);
constexpr milliseconds putBackTime(3000);
/// More processors than any guest that boots here; a stub that lists on means no good.
constexpr std::size_t maxThreads = 4096;

/// Threads as the stub names them, "p01.01".
core::Result<std::vector<std::string>> threadsOf(StubLine& line, const WaitLimit& limit)
{
    std::vector<std::string> threads;
    auto reply = line.ask("qfThreadInfo", limit);
    while (reply && reply->starts_with('m') && threads.size() < maxThreads) {
        for (std::size_t at = 1; at < reply->size();) {
            const std::size_t end = std::min(reply->find(',', at), reply->size());
            threads.push_back(reply->substr(at, end - at));
            at = end + 1;
        }
        reply = line.ask("qsThreadInfo", limit);
    }
    if (!reply)
        return tl::unexpected(reply.error());
    if (threads.empty())
        return core::failure("list the guest's processors", "the gdbstub shows no threads");
    return threads;
}

/// The vCPU of a thread: the number behind the process, hexadecimal, counts from 1 (QEMU gdbstub.c).
core::Result<unsigned> cpuOfThread(std::string_view thread)
{
    const std::size_t dot = thread.find('.');
    const std::string_view digits = dot == std::string_view::npos ? thread : thread.substr(dot + 1);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (error != std::errc() || end != digits.data() + digits.size() || number == 0)
        return core::failure("list the guest's processors",
            "the gdbstub calls one \"" + std::string(thread.substr(0, 32)) + "\"");
    return number - 1;
}

core::Result<void> choose(StubLine& line, const std::string& thread, const WaitLimit& limit)
{
    const auto reply = line.ask("Hg" + thread, limit);
    if (!reply)
        return tl::unexpected(reply.error());
    return *reply == "OK"
        ? core::Result<void>()
        : core::failure("look at thread " + thread, "the gdbstub answers \"" + *reply + "\"");
}

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
    const auto facts = probeStub(stub, WaitLimit::after(probeTime, cancel));
    if (!facts)
        return tl::unexpected(facts.error());
    const bool ran = facts->wasRunning.value_or(true);
    if (ran)
        if (auto left = restoreStub(stub, {std::nullopt, true}, WaitLimit::after(putBackTime)); !left)
            return tl::unexpected(left.error());
    StubMuxOptions options;
    options.stub = stub;
    options.listen = listening.endpoint;
    options.traits = {facts->packetBytes, facts->binaryReads, facts->physicalMode.has_value()};
    options.farewell = farewellBytes(facts->physicalMode, ran);
    options.holdStops = true;
    options.fileIo = listening.fileIo;
    options.monitor = listening.monitor;
    auto mux = StubMux::start(options);
    if (!mux)
        return tl::unexpected(mux.error());
    return std::unique_ptr<ProxiedGuest>(new ProxiedGuest(stub, *facts, std::move(*mux), cancel));
}

ProxiedGuest::~ProxiedGuest()
{
    const bool taken = m_mux->connected();
    m_mux->stop();
    if (taken)
        (void)restoreStub(
            m_stub, {m_facts.physicalMode, m_facts.wasRunning.value_or(true)}, WaitLimit::after(putBackTime));
}

std::optional<HeldStop> ProxiedGuest::awaitStop(milliseconds time)
{
    auto held = m_mux->awaitStop(WaitLimit::after(time, m_cancel));
    if (held)
        forgetProvisionalRam();
    return held;
}

core::Result<std::vector<core::CpuState>> ProxiedGuest::readCpus(StubLine& line, const WaitLimit& limit)
{
    if (!m_registers) {
        auto described = StubRegisters::describe(line, limit);
        if (!described)
            return tl::unexpected(described.error());
        m_registers = *described;
    }
    const auto threads = threadsOf(line, limit);
    if (!threads)
        return tl::unexpected(threads.error());
    std::vector<core::CpuState> states;
    for (const std::string& thread : *threads) {
        const auto id = cpuOfThread(thread);
        if (!id)
            return tl::unexpected(id.error());
        if (threads->size() > 1)
            if (auto chosen = choose(line, thread, limit); !chosen)
                return tl::unexpected(chosen.error());
        auto state = m_registers->state(line, limit);
        if (!state)
            return tl::unexpected(state.error());
        state->id = *id;
        states.push_back(*state);
    }
    std::sort(states.begin(), states.end(), [](auto& a, auto& b) { return a.id < b.id; });
    return states;
}

core::Result<std::vector<core::CpuState>> ProxiedGuest::cpus()
{
    const WaitLimit limit = WaitLimit::after(questionTime, m_cancel);
    const std::string before = m_mux->chosenThread();
    core::Result<std::vector<core::CpuState>> states;
    const auto done = m_mux->perform(limit, [&](StubLine& line) -> core::Result<void> {
        states = readCpus(line, limit);
        // The debugger goes on with the thread that it chose, whatever happened here.
        const bool several = !states || states->size() > 1;
        return several && !before.empty() ? choose(line, before, WaitLimit::after(questionTime))
                                          : core::Result<void>();
    });
    if (!done)
        return tl::unexpected(done.error());
    if (states)
        m_lastCpus = *states;
    return states;
}

core::Result<std::string> ProxiedGuest::monitor(std::string_view command)
{
    const WaitLimit limit = WaitLimit::after(questionTime, m_cancel);
    core::Result<std::string> text;
    const auto done = m_mux->perform(limit, [&](StubLine& line) -> core::Result<void> {
        text = line.monitor(command, limit);
        return {};
    });
    return done ? text : tl::unexpected(done.error());
}

core::Result<void> ProxiedGuest::checkStillStopped()
{
    const std::vector<core::CpuState> before = m_lastCpus;
    const auto now = cpus();
    if (!now)
        return tl::unexpected(now.error());
    return before.empty() || *now == before
        ? core::Result<void>()
        : core::failure("read the guest at one moment", "somebody else resumed it meanwhile",
            "leave it to one debugger, and read again");
}

} // namespace pgtscope::gdb
