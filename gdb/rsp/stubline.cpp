// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/stubline.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/base/numbers.h"
#include "gdb/rsp/rspconversation.h"

namespace pgtscope::gdb {

namespace {

using std::chrono::milliseconds;

/// What may be under way at once, in bytes of answers and in requests: less than the buffers of a connection
/// hold, so that neither side ever waits for the other to read.
constexpr std::size_t inFlightBytes = 128U << 10U;
constexpr std::size_t windowRequests = 64;
/// Longest piece, whatever the stub offers.
constexpr std::size_t maxReadBytes = 32U << 10U;
/// A packet without an answer for this long is lost: QEMU drops one when a guest runs that should be
/// stopped.
constexpr milliseconds lostTime(2500);
/// Attempts before a stub counts as one that cannot do it.
constexpr int attempts = 3;
constexpr milliseconds switchBackTime(1000);
/// A stub that owes us replies has this long to come back in step, in as many attempts.
constexpr milliseconds settleTime(4500);
/// A connection that takes nothing for so long is gone.
constexpr milliseconds writeTime(10000);
constexpr std::size_t maxPrintedBytes = 4U << 20U;
constexpr std::string_view modeQuestion = "qqemu.PhyMemMode";

std::string digitsFor(std::uint64_t value)
{
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    return {digits.data(), end};
}

/// Round trips that lie between a request and the answer which says that another one was lost.
constexpr int spareTrips = 3;

WaitLimit sooner(const WaitLimit& limit, milliseconds time)
{
    return {std::min(limit.until, WaitLimit::after(time).until), limit.cancel};
}

} // namespace

std::size_t StubTraits::readBytes() const
{
    // The mark, the checksum and, in `x`, a letter; what is left holds two digits a byte. QEMU counts the
    // payload only (gdbstub.c, handle_read_mem), and whole powers of two keep pages together.
    std::size_t bytes = 256;
    while (bytes * 2 <= packetBytes / 2 && bytes < maxReadBytes)
        bytes *= 2;
    return bytes;
}

/// Not to be cancelled: half a packet would swallow what the debugger says next.
core::Result<void> StubLine::send(std::string_view packets, std::size_t count)
{
    std::string bytes = std::exchange(m_receipts, {});
    bytes += packets;
    if (bytes.empty())
        return {};
    auto sent = m_stub.writeAll(bytes, WaitLimit::after(writeTime));
    m_broken = m_broken || !sent;
    m_owed += count;
    return sent;
}

core::Result<std::string> StubLine::doubtful(core::Error why)
{
    m_inDoubt = true;
    return tl::unexpected(std::move(why));
}

core::Result<std::string> StubLine::nextReply(const WaitLimit& limit)
{
    const std::string tried = "read the reply of the gdbstub at " + m_stub.peer();
    std::array<std::byte, 65536> block;
    while (true) {
        while (auto event = m_decoder.next()) {
            if (event->kind == RspEvent::Kind::Nak || event->kind == RspEvent::Kind::Damaged)
                return doubtful({tried, "the connection corrupts packets", ""});
            if (event->kind != RspEvent::Kind::Packet)
                continue;
            if (!m_withoutAcks)
                m_receipts += '+';
            if (!isStopReply(event->payload)) {
                // What a command prints comes before its reply.
                const bool printed = event->payload.starts_with('O') && event->payload != "OK";
                if (!printed && m_owed > 0)
                    --m_owed;
                return std::move(event->payload);
            }
            m_sawStop = true;
        }
        RETURN_IF_ERROR(send({}, 0));
        if (limit.passed() || limit.cancelled())
            return doubtful({tried, limit.cancelled() ? "cancelled" : "no answer in time",
                "check that the guest's stub still answers"});
        auto count = m_stub.readSome(block, limit);
        if (count && *count == 0) {
            m_broken = true;
            return core::failure(tried, "the connection was closed", "check that the guest still runs");
        }
        if (!count)
            return doubtful({tried, count.error().happened, count.error().advice});
        m_decoder.feed(std::string_view(reinterpret_cast<const char*>(block.data()), *count));
    }
}

/// Not to be cancelled.
WaitLimit StubLine::patience(milliseconds time) const
{
    return WaitLimit::after(time + spareTrips * m_traits.replyTime);
}

/// True once the answer to the mark is in. A stub answers in order: all that it still owed has come or never
/// will.
bool StubLine::passesMark(std::size_t nonce, const WaitLimit& limit)
{
    while (!m_broken && !limit.passed()) {
        const auto reply = nextReply(limit);
        // The start of a longer text; no other answer of ours begins with this letter.
        const bool marked = reply && reply->size() == nonce + 1 && reply->front() == 'm';
        if (m_decoder.betweenPackets() && (marked || (!m_traits.physicalReads && m_owed == 0)))
            return true;
    }
    return false;
}

/// Waits until the stub owes nothing, so that the debugger never gets an answer of ours. Not to be cancelled.
core::Result<void> StubLine::settle()
{
    if (!m_inDoubt && m_owed == 0 && m_decoder.betweenPackets())
        return send({}, 0);
    for (int attempt = 0; attempt < attempts && !m_broken; ++attempt) {
        // A mark has an answer that no other has, by its length, and changes nothing: a piece of QEMU's
        // description of its registers, which any debugger asks for. It may be lost itself.
        const std::size_t nonce = 8 + m_marks++ % 64;
        if (m_traits.physicalReads)
            if (auto sent = sendRequest("qXfer:features:read:target.xml:0," + digitsFor(nonce)); !sent)
                break;
        if (!passesMark(nonce, patience(settleTime / attempts)))
            continue;
        m_owed = 0;
        m_inDoubt = false;
        return send({}, 0);
    }
    m_broken = true;
    return core::failure("use the gdbstub at " + m_stub.peer() + " alongside the debugger",
        "it is out of step: it has not sent " + core::countText(m_owed, "reply"),
        "connect again, and check that the guest's stub still answers");
}

core::Result<std::string> StubLine::settled(core::Result<std::string> answer, const WaitLimit& limit)
{
    if (!answer && m_company == Company::None && limit.passed() && !limit.cancelled()) {
        m_broken = true;
        return answer;
    }
    RETURN_IF_ERROR(settle());
    return answer;
}

core::Result<bool> StubLine::physicalMode(const WaitLimit& limit)
{
    RETURN_IF_ERROR(sendRequest(modeQuestion));
    return reportedMode(limit);
}

core::Result<bool> StubLine::reportedMode(const WaitLimit& limit)
{
    ASSIGN_OR_RETURN(const auto reply, nextReply(limit));
    if (reply == "0" || reply == "1")
        return reply == "1";
    m_inDoubt = true;
    return core::failure("read physical memory", "the gdbstub does not report how it reads addresses");
}

core::Result<std::string> StubLine::ask(std::string_view payload, const WaitLimit& limit)
{
    RETURN_IF_ERROR(sendRequest(payload));
    return settled(nextReply(limit), limit);
}

core::Result<std::string> StubLine::monitorOutput(std::string_view command, const WaitLimit& limit)
{
    RETURN_IF_ERROR(sendRequest("qRcmd," + hexEncode(command)));
    std::string output;
    while (true) {
        const auto reply = nextReply(limit);
        if (!reply)
            return reply;
        if (reply->size() < 2 || reply->front() != 'O' || *reply == "OK")
            return output;
        output += hexDecode(std::string_view(*reply).substr(1)).value_or(std::string());
        if (output.size() > maxPrintedBytes)
            return doubtful({"run \"" + std::string(command) + "\" in the guest's monitor",
                "its output exceeded the limit", ""});
    }
}

core::Result<std::string> StubLine::monitor(std::string_view command, const WaitLimit& limit)
{
    return settled(monitorOutput(command, limit), limit);
}

std::string StubLine::readRequest(const StubRead& piece) const
{
    return (m_traits.binaryReads ? "x" : "m") + digitsFor(piece.address.value) + ","
        + digitsFor(piece.bytes.size());
}

core::Result<void> StubLine::take(StubRead& piece, std::string_view reply) const
{
    const std::size_t size = piece.bytes.size();
    piece.ok = m_traits.binaryReads ? reply.size() == size + 1 && reply.front() == 'b'
                                    : hexDecodeInto(reply, piece.bytes);
    if (piece.ok && m_traits.binaryReads)
        std::memcpy(piece.bytes.data(), reply.data() + 1, size);
    // "E14" is a refusal of this address; anything else belongs to another request.
    const bool refused = reply.size() == 3 && reply.front() == 'E' && hexDecode(reply.substr(1));
    if (piece.ok || refused)
        return {};
    return core::failure("read physical memory", "a reply of the gdbstub was lost");
}

core::Result<void> StubLine::readOnce(std::span<StubRead> pieces, const WaitLimit& limit)
{
    std::size_t taken = 0;
    std::size_t asked = 0;
    const std::size_t window
        = std::clamp<std::size_t>(inFlightBytes / m_traits.readBytes(), 1, windowRequests);
    std::string requests = encodeRspPacket("Qqemu.PhyMemMode:1");
    std::size_t count = 1;
    bool switched = false;
    while (taken < pieces.size()) {
        if (limit.cancelled())
            return core::failure("read physical memory", "cancelled");
        if (asked - taken <= window / 2)
            for (; asked < pieces.size() && asked - taken < window; ++asked, ++count)
                requests += encodeRspPacket(readRequest(pieces[asked]));
        RETURN_IF_ERROR(send(requests, std::exchange(count, 0)));
        requests.clear();
        ASSIGN_OR_RETURN(auto reply, nextReply(sooner(limit, lostTime + spareTrips * m_traits.replyTime)));
        if (!switched) {
            if (reply != "OK")
                return core::failure(
                    "switch the gdbstub's memory addresses", "it answered \"" + reply + "\"");
            switched = true;
        } else if (auto fits = take(pieces[taken++], reply); !fits) {
            m_inDoubt = true;
            return fits;
        }
    }
    return {};
}

core::Result<void> StubLine::restore(bool physical)
{
    // Not to be cancelled: the debugger would read the wrong memory from then on.
    auto inStep = settle();
    for (int attempt = 0; attempt < attempts && inStep && !m_broken; ++attempt) {
        const WaitLimit limit = patience(switchBackTime);
        const auto sent = send(encodeRspPacket(physical ? "Qqemu.PhyMemMode:1" : "Qqemu.PhyMemMode:0")
                + encodeRspPacket(modeQuestion),
            2);
        const auto now = sent && nextReply(limit) ? reportedMode(limit) : false;
        inStep = settle();
        if (inStep && now && *now == physical)
            return {};
    }
    m_broken = true;
    return core::failure("switch the gdbstub's memory addresses back",
        inStep ? "it did not answer" : inStep.error().happened,
        "connect again, and check that the guest's stub still answers");
}

core::Result<void> StubLine::readPatiently(
    std::span<StubRead> pieces, const WaitLimit& limit, std::optional<bool>& before)
{
    for (int attempt = 1;; ++attempt) {
        const auto mode = physicalMode(sooner(limit, lostTime + spareTrips * m_traits.replyTime));
        if (mode)
            before = before.value_or(*mode);
        auto done = mode ? readOnce(pieces, limit) : tl::unexpected(mode.error());
        if (done)
            return done;
        RETURN_IF_ERROR(settle());
        // Whatever failed at that moment, the read ended because of the cancel.
        if (limit.cancelled())
            return core::failure("read physical memory", "cancelled");
        if (attempt == attempts || limit.passed())
            return done;
    }
}

core::Result<void> StubLine::read(std::span<StubRead> pieces, const WaitLimit& limit)
{
    const std::string tried = "read physical memory through the gdbstub";
    if (!m_traits.physicalReads)
        return core::failure(tried, "the stub has no switch for physical addresses", "use QEMU's gdbstub");
    std::optional<bool> before;
    const auto done = readPatiently(pieces, limit, before);
    const auto restored = before && !m_broken ? restore(*before) : core::Result<void>();
    if (done && restored && !m_sawStop)
        return {};
    for (StubRead& piece : pieces)
        piece.ok = false;
    if (!done || !restored)
        return restored ? done : restored;
    return core::failure(
        tried, "another program resumed the guest meanwhile", "use one debugger at a time, and read again");
}

} // namespace pgtscope::gdb
