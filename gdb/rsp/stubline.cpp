// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/stubline.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "gdb/rsp/rspconversation.h"

namespace pgtscope::gdb {

namespace {

using std::chrono::milliseconds;

/// What may be under way at once, in bytes of answers and in requests: less than the buffers of a connection
/// hold, so that neither side ever waits for the other to read.
constexpr std::size_t windowBytes = 128U << 10U;
constexpr std::size_t windowRequests = 64;
/// Longest piece, whatever the stub offers.
constexpr std::size_t mostReadBytes = 32U << 10U;
/// A packet without an answer for this long is lost: QEMU drops one when a guest runs that should stand
/// still.
constexpr milliseconds lostTime(2500);
/// Attempts before a stub counts as one that cannot do it.
constexpr int attempts = 3;
constexpr milliseconds restoreTime(3000);
/// Replies to earlier requests that may still come in.
constexpr int mostLate = 256;
constexpr std::size_t maxMonitorBytes = 4U << 20U;

std::string hexText(std::uint64_t value)
{
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    return {digits.data(), end};
}

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
    while (bytes * 2 <= packetBytes / 2 && bytes < mostReadBytes)
        bytes *= 2;
    return bytes;
}

core::Result<void> StubLine::send(std::string_view payload, const WaitLimit& limit)
{
    auto sent = m_stub.writeAll(encodeRspPacket(payload), limit);
    m_broken = m_broken || !sent;
    return sent;
}

core::Result<std::string> StubLine::nextReply(const WaitLimit& limit)
{
    const std::string tried = "read the reply of the gdbstub at " + m_stub.peer();
    std::array<std::byte, 65536> block;
    while (true) {
        while (auto event = m_decoder.next()) {
            if (event->kind == RspEvent::Kind::Nak || event->kind == RspEvent::Kind::Damaged)
                return core::failure(tried, "the connection garbles packets");
            if (event->kind != RspEvent::Kind::Packet)
                continue;
            if (!m_withoutAcks)
                if (auto sent = m_stub.writeAll("+", limit); !sent)
                    return tl::unexpected(sent.error());
            if (!isStopReply(event->payload))
                return std::move(event->payload);
            m_sawStop = true;
        }
        if (limit.passed() || limit.cancelled())
            return core::failure(tried, limit.cancelled() ? "cancelled" : "no answer in time",
                "check that the guest's stub still answers");
        auto count = m_stub.readSome(block, limit);
        if (count && *count == 0) {
            m_broken = true;
            return core::failure(tried, "the connection was closed", "check that the guest still runs");
        }
        if (!count)
            return core::failure(tried, count.error().happened, count.error().advice);
        m_decoder.feed(std::string_view(reinterpret_cast<const char*>(block.data()), *count));
    }
}

core::Result<bool> StubLine::physicalMode(const WaitLimit& limit)
{
    if (auto sent = send("qqemu.PhyMemMode", limit); !sent)
        return tl::unexpected(sent.error());
    // No other answer is one digit long, so this one marks where the late ones end.
    for (int late = 0; late < mostLate; ++late) {
        auto reply = nextReply(limit);
        if (!reply)
            return tl::unexpected(reply.error());
        if (*reply == "0" || *reply == "1")
            return *reply == "1";
    }
    return core::failure("read physical memory", "the gdbstub does not tell how it reads addresses");
}

core::Result<std::string> StubLine::ask(std::string_view payload, const WaitLimit& limit)
{
    if (m_traits.physicalReads)
        if (auto inStep = physicalMode(limit); !inStep)
            return tl::unexpected(inStep.error());
    if (auto sent = send(payload, limit); !sent)
        return tl::unexpected(sent.error());
    return nextReply(limit);
}

core::Result<std::string> StubLine::monitor(std::string_view command, const WaitLimit& limit)
{
    auto reply = ask("qRcmd," + hexEncode(command), limit);
    std::string output;
    while (reply && reply->size() > 1 && reply->front() == 'O' && *reply != "OK") {
        output += hexDecode(std::string_view(*reply).substr(1)).value_or(std::string());
        if (output.size() > maxMonitorBytes) {
            m_broken = true;
            return core::failure(
                "run \"" + std::string(command) + "\" in the guest's monitor", "it prints without end");
        }
        reply = nextReply(limit);
    }
    if (!reply)
        return reply;
    return output;
}

std::string StubLine::readRequest(const StubRead& piece) const
{
    return (m_traits.binaryReads ? "x" : "m") + hexText(piece.address.value) + ","
        + hexText(piece.bytes.size());
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
    const std::size_t window = std::clamp<std::size_t>(windowBytes / m_traits.readBytes(), 1, windowRequests);
    std::string requests = encodeRspPacket("Qqemu.PhyMemMode:1");
    bool switched = false;
    while (taken < pieces.size()) {
        if (limit.cancelled())
            return core::failure("read physical memory", "cancelled");
        if (asked - taken <= window / 2)
            for (; asked < pieces.size() && asked - taken < window; ++asked)
                requests += encodeRspPacket(readRequest(pieces[asked]));
        if (auto sent = m_stub.writeAll(requests, limit); !sent)
            return sent;
        requests.clear();
        auto reply = nextReply(sooner(limit, lostTime));
        if (!reply)
            return tl::unexpected(reply.error());
        if (!switched) {
            if (*reply != "OK")
                return core::failure(
                    "switch the gdbstub's memory addresses", "it answered \"" + *reply + "\"");
            switched = true;
        } else if (auto fits = take(pieces[taken++], *reply); !fits) {
            return fits;
        }
    }
    return {};
}

core::Result<void> StubLine::restore(bool physical)
{
    // Not to be cancelled: the debugger would read the wrong memory from then on.
    for (int attempt = 0; attempt < attempts && !m_broken; ++attempt) {
        const WaitLimit limit = WaitLimit::after(restoreTime / attempts);
        if (auto sent = send(physical ? "Qqemu.PhyMemMode:1" : "Qqemu.PhyMemMode:0", limit); !sent)
            return sent;
        // The question behind it shows that nothing else is under way, and that the switch is as wanted.
        const auto now = physicalMode(limit);
        if (now && *now == physical)
            return {};
    }
    m_broken = true;
    return core::failure("switch the gdbstub's memory addresses back", "it did not answer",
        "check that the guest's stub still answers");
}

core::Result<void> StubLine::readPatiently(
    std::span<StubRead> pieces, const WaitLimit& limit, std::optional<bool>& before)
{
    for (int attempt = 1;; ++attempt) {
        const auto mode = physicalMode(sooner(limit, lostTime));
        if (mode)
            before = before.value_or(*mode);
        auto done = mode ? readOnce(pieces, limit) : tl::unexpected(mode.error());
        if (done || attempt == attempts || m_broken || limit.cancelled() || limit.passed())
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
        return done ? restored : done;
    return core::failure(
        tried, "somebody else resumed the guest meanwhile", "leave it to one debugger, and read again");
}

} // namespace pgtscope::gdb
