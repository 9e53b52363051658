// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/stubprobe.h"

#include <algorithm>
#include <charconv>

#include "gdb/rsp/rspclient.h"
#include "gdb/stub/listener.h"

namespace pgtscope::gdb {

namespace {

// Without vContSupported QEMU answers, too, but gdb announces it, so the conversation is one QEMU knows.
constexpr std::string_view greeting = "qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+";
constexpr std::chrono::milliseconds restoreTime(1000);
/// A tunnel may be slow; a port that stays silent must not cost all of the caller's time.
constexpr std::chrono::milliseconds greetingTime(6000);
/// Questions of one probe.
constexpr int probeQuestions = 8;

/// `D` resumes the guest. A stub with multiprocess support needs the process's number: QEMU's PC machines
/// have process 1 only (gdbstub.c, handle_detach).
core::Result<void> resume(RspClient& stub, std::string_view features, const WaitLimit& limit)
{
    const bool processes = features.find("multiprocess+") != std::string_view::npos;
    ASSIGN_OR_RETURN(auto reply, stub.request(processes ? "D;1" : "D", limit));
    if (reply != "OK")
        return core::failure("let the guest run again", "the stub answered \"" + reply + "\"",
            "type \"cont\" in QEMU's monitor");
    return {};
}

/// QEMU up to 8.0 reports a stop by itself when a debugger connects to a running guest, and sends it before
/// it looks at the first request; from 8.1 on stop replies are sent only when they were asked for
/// (gdbstub/gdbstub.c, allow_stop_reply).
bool reportsStops(std::string_view version)
{
    int major = 0;
    int minor = 0;
    const char* end = version.data() + version.size();
    const auto [dot, error] = std::from_chars(version.data(), end, major);
    if (error != std::errc() || dot == end)
        return false;
    std::from_chars(dot + 1, end, minor);
    return major < 8 || (major == 8 && minor == 0);
}

/// The process that listens at a port may be a forwarder, or the port another machine's: the stub's process
/// lists our end among its connections. What listens at a unix socket is known by the socket.
core::Result<void> proveProcess(RspClient& stub, StubFacts& facts, const WaitLimit& limit)
{
    const std::string own = ownAddress(stub.descriptor());
    if (own.empty() || !facts.processId)
        return {};
    ASSIGN_OR_RETURN(const auto chardevs, stub.monitor("info chardev", limit));
    if (!hasPeer(chardevs, own))
        facts.processId.reset();
    return {};
}

core::Result<void> askQemu(RspClient& stub, StubFacts& facts, const WaitLimit& limit)
{
    ASSIGN_OR_RETURN(auto mode, stub.request("qqemu.PhyMemMode", limit));
    if (mode != "0" && mode != "1")
        return {};
    facts.physicalMode = mode == "1";
    ASSIGN_OR_RETURN(auto version, stub.monitor("info version", limit));
    facts.version = version.substr(0, version.find_first_of("\r\n"));
    RETURN_IF_ERROR(proveProcess(stub, facts, limit));
    if (stub.sawStop() || reportsStops(facts.version)) {
        facts.wasRunning = stub.sawStop();
        return {};
    }
    auto status = stub.monitor("info status", limit);
    RETURN_IF_ERROR(status);
    // Only a guest that ran is in state "paused" without a further reason once a debugger has connected, or
    // one that was paused before: those two cannot be distinguished.
    if (status->find("(prelaunch)") != std::string::npos || status->find("paused") == std::string::npos)
        facts.wasRunning = false;
    return {};
}

/// Relieves the guard of the connection, which was posted while nothing was known of the guest, by one that
/// needs no connection and knows how the guest must be left.
class FirstWatch {
public:
    FirstWatch(StubGuard* guard, const Endpoint& endpoint)
        : m_guard(guard)
        , m_endpoint(endpoint)
    {
    }
    /// The first guard holds the connection: it must not outlast the probe.
    ~FirstWatch()
    {
        if (m_guard != nullptr && !m_kept)
            m_guard->dismiss();
    }
    FirstWatch(const FirstWatch&) = delete;
    FirstWatch& operator=(const FirstWatch&) = delete;

    /// `physicalMode`: how the stub read addresses before us; nullopt: not known, or it has no switch.
    void post(std::optional<bool> physicalMode, bool resume)
    {
        if (m_guard != nullptr)
            m_kept = m_guard->post(m_endpoint, farewellBytes(physicalMode, resume)).has_value();
    }

private:
    StubGuard* m_guard;
    const Endpoint& m_endpoint;
    bool m_kept = false;
};

} // namespace

core::Result<StubFacts> probeStub(const Endpoint& endpoint, const WaitLimit& limit, StubGuard* guard)
{
    ASSIGN_OR_RETURN(auto stub, RspClient::connect(endpoint, limit, guard));
    return probeStub(stub, endpoint, limit, guard);
}

core::Result<StubFacts> probeStub(
    RspClient& stub, const Endpoint& endpoint, const WaitLimit& limit, StubGuard* guard)
{
    // The guest is stopped from here on, so a cancel must not end the conversation before it is known whether
    // it ran.
    const WaitLimit patient{std::min(limit.until, WaitLimit::after(greetingTime).until), nullptr};
    FirstWatch watch(guard, endpoint);
    ASSIGN_OR_RETURN(const auto stopped, stub.greet(greeting, patient));
    if (stopped)
        watch.post(std::nullopt, true);
    ASSIGN_OR_RETURN(auto features, stub.reply(patient));
    const WaitLimit longer{limit.until + probeQuestions * stub.slowestReply(), limit.cancel};
    StubFacts facts;
    facts.processId = listeningProcess(endpoint, stub.descriptor());
    facts.packetBytes = rspFeatureNumber(features, "PacketSize=");
    facts.binaryReads = features.find("binary-upload+") != std::string::npos;
    auto asked = askQemu(stub, facts, longer);
    facts.replyTime = stub.slowestReply();
    if (!asked) {
        if (stub.sawStop())
            (void)resume(stub, features, WaitLimit::after(restoreTime + 2 * facts.replyTime));
        return tl::unexpected(asked.error());
    }
    if (!facts.wasRunning && stub.sawStop())
        facts.wasRunning = true;
    const bool resume = facts.wasRunning.value_or(facts.physicalMode.has_value());
    if (resume || facts.physicalMode)
        watch.post(facts.physicalMode, resume);
    return facts;
}

core::Result<void> restoreStub(const Endpoint& endpoint, const StubRestore& state, const WaitLimit& limit)
{
    // To connect stops the guest. Without a guard it is put back all the same.
    StubGuard guard;
    (void)guard.post(endpoint, farewellBytes(state.physicalMode, state.resume));
    ASSIGN_OR_RETURN(auto stub, RspClient::connect(endpoint, limit));
    ASSIGN_OR_RETURN(auto features, stub.request(greeting, limit));
    const WaitLimit longer{limit.until + probeQuestions * stub.slowestReply(), limit.cancel};
    // QEMU drops all breakpoints at this question, which a debugger asks first (handle_target_halt).
    RETURN_IF_ERROR(stub.request("?", longer));
    if (state.physicalMode) {
        auto set = stub.request(*state.physicalMode ? "Qqemu.PhyMemMode:1" : "Qqemu.PhyMemMode:0", longer);
        RETURN_IF_ERROR(set);
    }
    return state.resume ? resume(stub, features, longer) : core::Result<void>();
}

} // namespace pgtscope::gdb
