// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/rspclient.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "gdb/rsp/rspconversation.h"

namespace pgtscope::gdb {

namespace {

/// More output than any monitor command that is asked for here prints.
constexpr std::size_t maxMonitorBytes = 4U << 20U;
/// A stub that refuses a packet this often will refuse it for ever.
constexpr unsigned maxRepetitions = 5;
/// Between the first byte of a stub and its first packet.
constexpr std::chrono::milliseconds packetTime(1000);

} // namespace

core::Result<RspClient> RspClient::connect(const Endpoint& endpoint, const WaitLimit& limit, StubGuard* guard)
{
    const auto watched = [guard](int descriptor) {
        if (guard != nullptr)
            (void)guard->postUntilKnown(descriptor, farewellBytes(std::nullopt, true));
    };
    ASSIGN_OR_RETURN(auto socket, StreamSocket::connect(endpoint, limit, watched));
    return RspClient(std::move(socket));
}

core::Result<bool> RspClient::greet(std::string_view payload, const WaitLimit& limit)
{
    RETURN_IF_ERROR(send(payload, limit));
    std::array<std::byte, 256> block{};
    const auto asked = WaitLimit::Clock::now();
    std::optional<WaitLimit> soon;
    do {
        // Who waits for the reply learns what is wrong.
        const std::size_t count = m_socket.peek(block, limit).value_or(0);
        m_slowestReply
            = std::chrono::duration_cast<std::chrono::milliseconds>(WaitLimit::Clock::now() - asked);
        const std::string_view said(reinterpret_cast<const char*>(block.data()), count);
        const std::size_t packet = std::min(said.find('$'), said.size());
        if (const std::size_t end = said.find('#', packet); end != std::string_view::npos)
            return isStopReply(said.substr(packet + 1, end - packet - 1));
        if (count == 0 || count == block.size())
            return false;
        if (!soon)
            soon = WaitLimit::after(packetTime, limit.cancel);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    } while (!soon->passed() && !soon->cancelled() && !limit.passed());
    return false;
}

core::Result<void> RspClient::send(std::string_view payload, const WaitLimit& limit)
{
    m_last = encodeRspPacket(payload);
    return m_socket.writeAll(std::exchange(m_receipts, {}) + m_last, limit);
}

core::Result<std::string> RspClient::nextPacket(const WaitLimit& limit)
{
    const std::string tried = "read the reply of the gdbstub at " + m_socket.peer();
    unsigned repetitions = 0;
    std::array<std::byte, 8192> block;
    while (true) {
        while (auto event = m_decoder.next()) {
            if (event->kind == RspEvent::Kind::Packet) {
                // Not waited for: a QEMU whose monitor prints reads nothing meanwhile.
                m_receipts += '+';
                ASSIGN_OR_RETURN(const auto taken, m_socket.writeSome(m_receipts));
                m_receipts.erase(0, taken);
                return std::move(event->payload);
            }
            const bool repeat = event->kind == RspEvent::Kind::Nak || event->kind == RspEvent::Kind::Damaged;
            if (repeat && ++repetitions > maxRepetitions)
                return core::failure(
                    tried, "the connection corrupts packets", "check that a gdbstub listens there");
            if (repeat) {
                const bool refused = event->kind == RspEvent::Kind::Nak;
                RETURN_IF_ERROR(m_socket.writeAll(refused ? m_last : std::string("-"), limit));
            }
        }
        // A stub that drips bytes is always ready, so waiting alone would never notice the limit.
        if (limit.passed() || limit.cancelled())
            return core::failure(tried, limit.cancelled() ? "cancelled" : "no answer in time",
                "another debugger may be connected to the stub: it serves one at a time");
        auto count = m_socket.readSome(block, limit);
        if (!count)
            return core::failure(tried, count.error().happened,
                limit.cancelled() ? ""
                                  : "another debugger may be connected to the stub: it serves one at a time");
        if (*count == 0)
            return core::failure(tried, "the connection was closed", "check that the guest still runs");
        m_decoder.feed(std::string_view(reinterpret_cast<const char*>(block.data()), *count));
    }
}

core::Result<std::string> RspClient::request(std::string_view payload, const WaitLimit& limit)
{
    RETURN_IF_ERROR(send(payload, limit));
    return reply(limit);
}

core::Result<std::string> RspClient::reply(const WaitLimit& limit)
{
    static const std::string stopQuestion = encodeRspPacket("?");
    const auto asked = WaitLimit::Clock::now();
    while (true) {
        auto reply = nextPacket(limit);
        if (!reply || m_last == stopQuestion || !isStopReply(*reply)) {
            const auto took
                = std::chrono::duration_cast<std::chrono::milliseconds>(WaitLimit::Clock::now() - asked);
            m_slowestReply = std::max(m_slowestReply, took);
            return reply;
        }
        m_sawStop = true;
    }
}

core::Result<std::string> RspClient::monitor(std::string_view command, const WaitLimit& limit)
{
    auto reply = request("qRcmd," + hexEncode(command), limit);
    std::string output;
    while (reply && reply->size() > 1 && reply->front() == 'O' && *reply != "OK") {
        output += hexDecode(std::string_view(*reply).substr(1)).value_or(std::string());
        if (output.size() > maxMonitorBytes)
            return core::failure("run \"" + std::string(command) + "\" in the guest's monitor",
                "its output exceeded the limit");
        reply = nextPacket(limit);
    }
    if (!reply)
        return reply;
    return output;
}

} // namespace pgtscope::gdb
