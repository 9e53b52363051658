// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/stubmux.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace pgtscope::gdb {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds connectTime(5000);
/// A debugger or stub that takes nothing for so long is gone.
constexpr milliseconds sendTime(30000);
/// A debugger speaks as soon as it has connected; what is silent for so long is none.
constexpr milliseconds greetingTime(10000);
/// An answer that takes longer counts as one that takes this long, see StubMux::answering().
milliseconds mostCounted(const StubTraits& stub) { return std::max(milliseconds(1000), 2 * stub.replyTime); }
/// Between two looks at deadlines and cancels, which wake no thread.
constexpr int pollSlice = 20;
/// A debugger that has not taken so much of what the stub said gets no more for now, in bytes.
constexpr std::size_t mostQueued = 64U << 20U;
/// What one job reads at most, in bytes: the debugger waits that long.
constexpr std::size_t jobBytes = 1U << 20U;

} // namespace

StubMux::StubMux(
    const StubMuxOptions& options, ServerSocket server, std::optional<OwnedDirectory> directory, int wake)
    : m_options(options)
    , m_server(std::move(server))
    , m_endpoint(m_server.endpoint())
    , m_directory(std::move(directory))
    , m_wake(wake)
    , m_filter(options.fileIo)
{
    m_task.start([this](const core::CancelFlag&) { serve(); });
}

core::Result<std::unique_ptr<StubMux>> StubMux::start(const StubMuxOptions& options)
{
    Endpoint endpoint = options.listen.value_or(Endpoint());
    std::optional<OwnedDirectory> directory;
    if (!options.listen) {
        const char* runtime = std::getenv("XDG_RUNTIME_DIR");
        ASSIGN_OR_RETURN(
            auto made, OwnedDirectory::make({runtime != nullptr ? runtime : "/tmp", "/tmp"}, "pgtscope-mux"));
        endpoint.path = (made.path() / "gdb").string();
        directory = std::move(made);
    }
    auto server = ServerSocket::listen(endpoint);
    const int wake = server ? ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    if (server && wake >= 0)
        return std::unique_ptr<StubMux>(new StubMux(options, std::move(*server), std::move(directory), wake));
    return server ? core::failure("stand between gdb and the stub", std::generic_category().message(errno))
                  : tl::unexpected(server.error());
}

StubMux::~StubMux()
{
    stop();
    ::close(m_wake);
}

void StubMux::stop()
{
    m_ending.cancel();
    wake();
    m_task.wait();
}

void StubMux::wake() const
{
    const std::uint64_t one = 1;
    (void)!::write(m_wake, &one, sizeof(one));
}

void StubMux::removeListener()
{
    m_server.close();
    m_directory.reset();
}

void StubMux::serve()
{
    while (!m_ending.cancelled() && m_server.descriptor() >= 0) {
        welcome();
        if (m_debugger.isOpen())
            converse();
        hangUp();
    }
    removeListener();
    const std::scoped_lock lock(m_mutex);
    m_finished = true;
    m_changed.notify_all();
}

void StubMux::welcome()
{
    std::array<pollfd, 2> entries{{{m_server.descriptor(), POLLIN, 0}, {m_wake, POLLIN, 0}}};
    ::poll(entries.data(), entries.size(), pollSlice * 10);
    look();
    auto debugger = m_ending.cancelled() ? std::nullopt : m_server.accept();
    if (std::string stranger = m_server.takeRefusal(); !stranger.empty())
        refuse(std::move(stranger));
    if (!debugger)
        return;
    if (!speaksAsDebugger(*debugger))
        return;
    if (m_options.oneDebugger)
        removeListener();
    auto stub = StreamSocket::connect(m_options.stub, WaitLimit::after(connectTime, &m_ending));
    core::Result<void> guarded;
    if (stub && !m_options.farewell.empty())
        guarded = m_guard.post(stub->descriptor(), m_options.farewell);
    {
        const std::scoped_lock lock(m_mutex);
        m_problem = !stub ? stub.error().message() : !guarded ? guarded.error().message() : std::string();
    }
    if (!stub || !guarded)
        return;
    m_debugger = std::move(*debugger);
    m_stub = std::move(*stub);
    m_conversation.restart();
    m_fromDebugger = {};
    m_fromStub = {};
    m_filter.restart();
    m_ownPackets = m_ownReplies = 0;
    m_untaken.clear();
    m_introduced = false;
    m_connected = true;
}

/// Looks at the first byte, before anything reaches the stub: a page in a browser, say, can send what it
/// likes to a port of this machine, but nothing that begins as a debugger does.
bool StubMux::speaksAsDebugger(StreamSocket& client)
{
    char first = 0;
    const auto limit = WaitLimit::after(greetingTime, &m_ending);
    pollfd entry{client.descriptor(), POLLIN, 0};
    while (!limit.passed() && !limit.cancelled() && ::poll(&entry, 1, pollSlice) <= 0)
        look();
    if (::recv(client.descriptor(), &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1)
        return false;
    if (std::string_view("+-$\x03").find(first) != std::string_view::npos)
        return true;
    refuse("a program that is no debugger connected to " + m_endpoint.text() + ", and was turned away");
    return false;
}

void StubMux::refuse(std::string sentence)
{
    const std::scoped_lock lock(m_mutex);
    m_refusal = std::move(sentence);
}

/// Takes what woke us up, and serves a job that can be served or has come to its end.
void StubMux::look()
{
    std::uint64_t count = 0;
    (void)!::read(m_wake, &count, sizeof(count));
    WaitLimit limit{};
    {
        const std::scoped_lock lock(m_mutex);
        if (m_job == nullptr || m_job->result)
            return;
        limit = m_job->limit;
    }
    if (auto why = whyNotNow(limit))
        finishJob(tl::unexpected(*why));
    else if ((holding() && m_toStub.empty()) || (m_stub.isOpen() && quiet()))
        doWork();
}

/// nullopt: it can be done, or soon can be.
std::optional<core::Error> StubMux::whyNotNow(const WaitLimit& limit) const
{
    const std::string tried = "speak to the gdbstub beside the debugger";
    if (limit.cancelled())
        return core::Error{tried, "cancelled", ""};
    if (!m_stub.isOpen())
        return core::Error{tried, "no debugger is connected", "connect again"};
    if (m_conversation.running())
        return core::Error{tried, "the guest is running", "stop it first"};
    if (m_conversation.over())
        return core::Error{tried, "the debugger has let go of the guest", "connect again"};
    if (limit.passed())
        return core::Error{tried, "the debugger did not come to rest in time", "try again"};
    return std::nullopt;
}

void StubMux::doWork()
{
    const Work* work = nullptr;
    {
        const std::scoped_lock lock(m_mutex);
        work = m_job->work;
    }
    StubLine line(m_stub, m_options.traits, m_conversation.withoutAcks());
    auto result = (*work)(line);
    if (line.broken()) {
        m_stub.close();
        const std::scoped_lock lock(m_mutex);
        m_problem = result ? "the gdbstub's connection cannot be used any more" : result.error().message();
    }
    finishJob(std::move(result));
}

void StubMux::finishJob(core::Result<void> result)
{
    const std::scoped_lock lock(m_mutex);
    if (m_job != nullptr && !m_job->result)
        m_job->result = std::move(result);
    m_changed.notify_all();
}

void StubMux::converse()
{
    while (!m_ending.cancelled() && m_debugger.isOpen() && m_stub.isOpen()) {
        look();
        holdAfterRest();
        if (!m_stub.isOpen())
            break;
        const bool held = holding();
        // While a stop is held, neither side is read: what it sends stays in its socket.
        std::array<pollfd, 3> entries{
            {{m_wake, POLLIN, 0}, {m_debugger.descriptor(), POLLIN, 0}, {m_stub.descriptor(), POLLIN, 0}}};
        for (std::size_t side = 1; side < entries.size(); ++side) {
            const short sending = eventsOf(side == 1 ? m_toDebugger : m_toStub);
            const bool full = side == 2 && m_toDebugger.bytes.size() > mostQueued;
            entries[side].events = static_cast<short>((held || full ? 0 : POLLIN) | sending);
            // A side that hung up would be ready for ever.
            if (entries[side].events == 0)
                entries[side].fd = -1;
        }
        ::poll(entries.data(), entries.size(), pollSlice);
        flush();
        if (held) {
            release();
            continue;
        }
        if ((entries[2].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            passFromStub();
        if (m_stub.isOpen() && m_debugger.isOpen() && !holding()
            && (entries[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            passFromDebugger();
    }
}

short StubMux::eventsOf(const Outgoing& outgoing) const
{
    return outgoing.empty() ? short{0} : short{POLLOUT};
}

/// Never waits: QEMU reads nothing while its monitor prints, and a unix socket takes no more than some 280
/// receipts, one piece each. A send that waits until the next is taken would not read what QEMU prints, and
/// QEMU would wait for that. What could not be sent is sent with what comes next.
void StubMux::send(StreamSocket& to, Outgoing& outgoing)
{
    if (outgoing.empty() || !to.isOpen())
        return outgoing.bytes.clear();
    const auto now = WaitLimit::Clock::now();
    const auto sent = to.writeSome(outgoing.bytes);
    if (sent && *sent == 0 && outgoing.stuckSince == WaitLimit::Clock::time_point{})
        outgoing.stuckSince = now;
    if (sent && *sent > 0)
        outgoing.stuckSince = {};
    const bool gone
        = outgoing.stuckSince != WaitLimit::Clock::time_point{} && now - outgoing.stuckSince > sendTime;
    if (!sent || gone)
        to.close();
    outgoing.bytes.erase(0, sent && !gone ? *sent : outgoing.bytes.size());
}

void StubMux::passFromDebugger()
{
    std::array<std::byte, 16384> block;
    const auto count = m_debugger.readSome(block, WaitLimit::after(milliseconds(0)));
    if (!count || *count == 0) {
        m_debugger.close();
        return;
    }
    m_fromDebugger.feed(std::string_view(reinterpret_cast<const char*>(block.data()), *count));
    drainDebugger();
}

void StubMux::drainDebugger()
{
    while (m_debugger.isOpen() && !holding()) {
        const auto event = m_kept ? std::exchange(m_kept, std::nullopt) : m_fromDebugger.next();
        if (!event)
            break;
        if (!holdsFor(*event))
            passDebuggerEvent(*event);
    }
    if (m_conversation.running() || m_conversation.over())
        m_resting.reset();
    flush();
}

/// Whether a request shows that what the guest rests at is a stop: it waits then until that was looked at.
bool StubMux::holdsFor(const RspEvent& event)
{
    if (!m_options.holdStops || !m_resting || event.kind != RspEvent::Kind::Packet)
        return false;
    if (m_resting->attached ? !resumesGuest(event.payload) : !asksForThreads(event.payload))
        return false;
    flush();
    if (!quiet())
        return false;
    // A debugger that gets no receipt says it once more.
    if (!m_conversation.withoutAcks()) {
        m_toDebugger.bytes += '+';
        ++m_ownPackets;
    }
    m_kept = event;
    hold(*std::exchange(m_resting, std::nullopt));
    return true;
}

void StubMux::passDebuggerEvent(const RspEvent& event)
{
    switch (event.kind) {
    case RspEvent::Kind::Ack:
    case RspEvent::Kind::Nak:
        if (m_ownReplies > 0) {
            --m_ownReplies;
            break;
        }
        m_conversation.fromDebugger(event);
        m_toStub.bytes += event.kind == RspEvent::Kind::Ack ? '+' : '-';
        break;
    case RspEvent::Kind::Interrupt:
        m_toStub.bytes += '\x03';
        break;
    case RspEvent::Kind::Packet:
        if (refusesMonitor(event.payload))
            break;
        m_conversation.fromDebugger(event);
        if (!m_untaken.empty() && m_untaken == event.payload)
            ++m_disturbances;
        m_untaken = m_conversation.withoutAcks() ? std::string() : event.payload;
        m_askedAt = WaitLimit::Clock::now();
        m_toStub.bytes += encodeRspPacket(event.payload);
        break;
    case RspEvent::Kind::Notification: // A debugger has none.
        break;
    case RspEvent::Kind::Damaged:
        if (m_conversation.withoutAcks())
            m_debugger.close();
        else
            toDebugger("-");
        break;
    }
}

/// True if it was a command of the monitor's that may do more than read: its answer is ours.
bool StubMux::refusesMonitor(const std::string& request)
{
    constexpr std::string_view packet = "qRcmd,";
    if (m_options.monitor || !request.starts_with(packet))
        return false;
    const auto command = hexDecode(std::string_view(request).substr(packet.size()));
    if (command && monitorOnlyReads(*command))
        return false;
    const bool acks = !m_conversation.withoutAcks();
    toDebugger(acks ? "+" : "");
    toDebugger(encodeRspPacket("O"
        + hexEncode("pgtscope passes on only commands that read the guest (info, x, xp, "
                    "print, gva2gpa, …), unless pgt proxy has --allow-monitor\n")));
    toDebugger(encodeRspPacket("E01"));
    m_ownReplies += acks ? 2U : 0U;
    return true;
}

void StubMux::passFromStub()
{
    std::array<std::byte, 65536> block;
    const auto count = m_stub.readSome(block, WaitLimit::after(milliseconds(0)));
    if (!count || *count == 0) {
        m_stub.close();
        return;
    }
    m_fromStub.feed(std::string_view(reinterpret_cast<const char*>(block.data()), *count));
    while (const auto event = m_stub.isOpen() ? m_fromStub.next() : std::nullopt)
        passStubEvent(*event);
    flush();
    passArrival();
}

void StubMux::passStubEvent(const RspEvent& event)
{
    switch (event.kind) {
    case RspEvent::Kind::Ack:
    case RspEvent::Kind::Nak:
        m_untaken.clear();
        // A call of the stub's that is refused twice is not answered twice.
        if (m_ownPackets > 0)
            --m_ownPackets;
        else
            toDebugger(event.kind == RspEvent::Kind::Ack ? "+" : "-");
        break;
    case RspEvent::Kind::Packet:
        passStubPacket(event.payload);
        break;
    case RspEvent::Kind::Interrupt:
    case RspEvent::Kind::Notification: // Of non-stop mode, which the filter does not let a stub offer.
        break;
    case RspEvent::Kind::Damaged:
        if (!m_conversation.withoutAcks()) {
            m_toStub.bytes += '-';
            break;
        }
        // gdb would take it as it is, and without acknowledgements it cannot be sent again.
        m_stub.close();
        const std::scoped_lock lock(m_mutex);
        m_problem = "the gdbstub sent a damaged packet";
        break;
    }
}

void StubMux::passStubPacket(const std::string& payload)
{
    const bool ran = m_conversation.running();
    if (!ran && isStopReply(payload) && m_conversation.openRequest() != "?")
        ++m_disturbances;
    const StubVerdict verdict = m_filter.judge(m_conversation.openRequest(), ran, payload);
    if (std::string refusal = m_filter.takeRefusal(); !refusal.empty())
        refuse(std::move(refusal));
    if (verdict.kind != StubVerdict::Kind::Pass)
        return answerStub(verdict);
    const bool asked = m_conversation.openRequest().has_value() && !ran;
    const auto stop = m_conversation.fromStub(verdict.payload);
    if (asked && !m_conversation.openRequest())
        m_answering += std::min(mostCounted(m_options.traits),
            std::chrono::duration_cast<milliseconds>(WaitLimit::Clock::now() - m_askedAt))
                           .count();
    if (stop)
        m_ownPackets = 0;
    if (m_options.holdStops && ran && stop && !stop->stepped && !m_conversation.over() && !holding()) {
        // What came before it, the receipt of the debugger's request above all, must not be late.
        flush();
        hold({*stop, false});
    }
    toDebugger(encodeRspPacket(verdict.payload));
    if (stop && stop->stepped) {
        m_resting = HeldStop{*stop, false};
        m_restSince = WaitLimit::Clock::now();
    }
}

/// Acknowledges, in the debugger's name, a packet that the debugger does not get.
void StubMux::answerStub(const StubVerdict& verdict)
{
    std::string bytes = m_conversation.withoutAcks() ? "" : "+";
    if (verdict.kind == StubVerdict::Kind::Refuse) {
        bytes += encodeRspPacket(verdict.payload);
        m_ownPackets += m_conversation.withoutAcks() ? 0U : 1U;
    }
    m_toStub.bytes += bytes;
}

void StubMux::passArrival()
{
    const bool introduced = m_conversation.introduced();
    if (introduced && !std::exchange(m_introduced, introduced)) {
        m_resting = HeldStop{{}, true};
        m_restSince = WaitLimit::Clock::now();
    }
}

void StubMux::toDebugger(std::string_view bytes)
{
    std::string& queue = holding() ? m_behindStop : m_toDebugger.bytes;
    queue += bytes;
}

void StubMux::flush()
{
    send(m_stub, m_toStub);
    send(m_debugger, m_toDebugger);
}

bool StubMux::holding()
{
    const std::scoped_lock lock(m_mutex);
    return m_held.has_value();
}

void StubMux::hold(HeldStop stop)
{
    const std::scoped_lock lock(m_mutex);
    m_held = std::move(stop);
    m_heldTold = m_passStop = false;
    m_chosenThread = m_conversation.chosenThread();
    m_resting.reset();
    m_changed.notify_all();
}

void StubMux::holdAfterRest()
{
    if (!m_options.holdStops || !m_resting || !quiet() || holding())
        return;
    if (WaitLimit::Clock::now() - m_restSince >= m_options.restTime)
        hold(*std::exchange(m_resting, std::nullopt));
}

/// Passes the held stop to the debugger if passStop() was called.
void StubMux::release()
{
    {
        const std::scoped_lock lock(m_mutex);
        if (!m_held || !m_passStop)
            return;
        m_held.reset();
    }
    m_toDebugger.bytes += std::exchange(m_behindStop, {});
    drainDebugger();
}

void StubMux::hangUp()
{
    m_guard.dismiss();
    m_debugger.close();
    m_stub.close();
    m_behindStop.clear();
    m_toDebugger = {};
    m_toStub = {};
    m_resting.reset();
    m_kept.reset();
    m_connected = false;
    {
        const std::scoped_lock lock(m_mutex);
        m_held.reset();
    }
    finishJob(core::failure("speak to the gdbstub beside the debugger", "the connection was closed",
        "check that the guest still runs, and connect again"));
}

core::Result<void> StubMux::perform(const WaitLimit& limit, const Work& work)
{
    Job job{&work, limit, std::nullopt};
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [&] { return m_job == nullptr || m_finished; });
    if (m_finished)
        return core::failure("speak to the gdbstub beside the debugger", "the connection was closed",
            "check that the guest still runs, and connect again");
    m_job = &job;
    wake();
    m_changed.wait(lock, [&] { return job.result || m_finished; });
    m_job = nullptr;
    m_changed.notify_all();
    if (!job.result)
        return core::failure("speak to the gdbstub beside the debugger", "the connection was closed");
    return *job.result;
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

std::optional<HeldStop> StubMux::awaitStop(const WaitLimit& limit)
{
    std::unique_lock lock(m_mutex);
    while (!m_finished && !limit.passed() && !limit.cancelled()) {
        if (m_held && !m_heldTold) {
            m_heldTold = true;
            return m_held;
        }
        m_changed.wait_for(lock, limit.slice());
    }
    return std::nullopt;
}

void StubMux::passStop()
{
    const std::scoped_lock lock(m_mutex);
    m_passStop = true;
    wake();
}

std::string StubMux::chosenThread()
{
    const std::scoped_lock lock(m_mutex);
    return m_chosenThread;
}

std::string StubMux::takeRefusal()
{
    const std::scoped_lock lock(m_mutex);
    return std::exchange(m_refusal, {});
}

std::string StubMux::problem()
{
    const std::scoped_lock lock(m_mutex);
    return m_problem;
}

} // namespace pgtscope::gdb
