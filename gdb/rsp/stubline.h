// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/address.h"
#include "gdb/net/streamsocket.h"
#include "gdb/rsp/rsppacket.h"

namespace pgtscope::gdb {

/// A piece of guest-physical memory to be read, at most StubTraits::readBytes() long.
struct StubRead {
    core::PhysicalAddress address;
    std::span<std::byte> bytes;
    bool ok = false; ///< Set by the reader; false: the stub refused this address.
};

/// What decides how a stub is read fast.
struct StubTraits {
    std::size_t packetBytes = 0; ///< Longest packet it takes, from qSupported.
    bool binaryReads = false; ///< It supports `x`.
    bool physicalReads = false; ///< It has QEMU's switch for physical addresses.
    std::chrono::milliseconds replyTime{0}; ///< What its slowest reply took: it may take so long again.

    /// Longest piece that one packet can bring, in bytes.
    std::size_t readBytes() const;
};

/// Speaks with a stub on a connection that another object holds, while that object sends nothing. Late
/// replies from before are skipped, lost packets are sent again. Every call leaves the stub as it was and
/// owing no reply, or reports by broken() that it could not.
class StubLine {
public:
    /// Whether a debugger has the connection as well. Without one, a stub that lets a question's time pass is
    /// given up: there is no conversation to be saved, and to wait for what it still owes takes as long
    /// again.
    enum class Company { Debugger, None };

    StubLine(
        StreamSocket& stub, const StubTraits& traits, bool withoutAcks, Company company = Company::Debugger)
        : m_stub(stub)
        , m_traits(traits)
        , m_withoutAcks(withoutAcks)
        , m_company(company)
    {
    }

    /// One request and its reply.
    core::Result<std::string> ask(std::string_view payload, const WaitLimit& limit);
    /// A command of QEMU's monitor and what it printed.
    core::Result<std::string> monitor(std::string_view command, const WaitLimit& limit);
    /// All pieces, many requests under way at once, with the switch for physical addresses on.
    core::Result<void> read(std::span<StubRead> pieces, const WaitLimit& limit);

    /// The stub may be in a state that the debugger does not expect, or its connection has ended: it must not
    /// be used any more.
    bool broken() const { return m_broken; }
    /// The stub reported a stop that was not waited for: another client had resumed the guest.
    bool sawStop() const { return m_sawStop; }

private:
    core::Result<void> send(std::string_view packets, std::size_t count = 1);
    WaitLimit patience(std::chrono::milliseconds time) const;
    core::Result<void> sendRequest(std::string_view payload) { return send(encodeRspPacket(payload)); }
    core::Result<std::string> nextReply(const WaitLimit& limit);
    core::Result<std::string> doubtful(core::Error why);
    core::Result<void> settle();
    bool passesMark(std::size_t nonce, const WaitLimit& limit);
    core::Result<std::string> settled(core::Result<std::string> answer, const WaitLimit& limit);
    core::Result<std::string> monitorOutput(std::string_view command, const WaitLimit& limit);
    core::Result<bool> physicalMode(const WaitLimit& limit);
    core::Result<bool> reportedMode(const WaitLimit& limit);
    core::Result<void> readOnce(std::span<StubRead> pieces, const WaitLimit& limit);
    core::Result<void> readPatiently(
        std::span<StubRead> pieces, const WaitLimit& limit, std::optional<bool>& before);
    core::Result<void> restore(bool physical);
    std::string readRequest(const StubRead& piece) const;
    core::Result<void> take(StubRead& piece, std::string_view reply) const;

    StreamSocket& m_stub;
    RspDecoder m_decoder;
    StubTraits m_traits;
    bool m_withoutAcks;
    Company m_company;
    std::string m_receipts; ///< For packets that came: sent with what is sent next, a stub wakes up for each.
    std::size_t m_owed = 0; ///< Requests sent whose reply has not come.
    std::size_t m_marks = 0; ///< Marks sent, see settle().
    bool m_inDoubt = false; ///< A packet was lost or late: the count alone does not show what is still due.
    bool m_broken = false;
    bool m_sawStop = false;
};

} // namespace pgtscope::gdb
