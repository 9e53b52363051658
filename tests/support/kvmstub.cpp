// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/kvmstub.h"

#include <array>
#include <deque>
#include <map>
#include <poll.h>

#include "gdb/rsp/rsppacket.h"
#include "tests/support/required.h"

namespace pgtscope::test {

namespace {

using namespace std::chrono_literals;

gdb::WaitLimit soon() { return gdb::WaitLimit::after(5s); }

/// Bytes, cut into receipts, interrupts and whole packets as they were sent.
class Cutter {
public:
    std::vector<std::string> feed(std::string_view bytes)
    {
        m_bytes += bytes;
        std::vector<std::string> pieces;
        while (!m_bytes.empty()) {
            std::size_t length = 1;
            if (m_bytes.front() == '$') {
                const std::size_t end = m_bytes.find('#');
                if (end == std::string::npos || m_bytes.size() < end + 3)
                    break;
                length = end + 3;
            }
            pieces.push_back(m_bytes.substr(0, length));
            m_bytes.erase(0, length);
        }
        return pieces;
    }

private:
    std::string m_bytes;
};

bool takesSlot(std::string_view request)
{
    return request.size() > 1 && (request[0] == 'Z' || request[0] == 'z') && request[1] >= '1'
        && request[1] <= '4';
}

} // namespace

class KvmStub::Conversation {
public:
    Conversation(KvmStub& stub, gdb::StreamSocket client, gdb::StreamSocket qemu)
        : m_stub(stub)
        , m_client(std::move(client))
        , m_qemu(std::move(qemu))
    {
    }

    void run()
    {
        while (!m_stub.m_ending) {
            std::array<pollfd, 2> waits{
                pollfd{m_client.descriptor(), POLLIN, 0}, pollfd{m_qemu.descriptor(), POLLIN, 0}};
            if (::poll(waits.data(), waits.size(), 20) <= 0)
                continue;
            if (waits[1].revents != 0 && !passReplies())
                return;
            if (waits[0].revents != 0 && !passRequests())
                return;
        }
    }

private:
    static std::optional<std::string> readFrom(gdb::StreamSocket& socket)
    {
        std::array<std::byte, 65536> block{};
        const auto count = socket.readSome(block, soon());
        if (!count || *count == 0)
            return std::nullopt;
        return std::string(reinterpret_cast<const char*>(block.data()), *count);
    }

    bool passReplies()
    {
        const auto bytes = readFrom(m_qemu);
        if (!bytes)
            return false;
        for (const std::string& piece : m_replies.feed(*bytes)) {
            if (piece.front() == '$' && !m_open.empty()) {
                if (m_open.front().starts_with('p'))
                    m_known[m_open.front()] = piece;
                m_open.pop_front();
            }
            if (!m_client.writeAll(piece, soon()))
                return false;
        }
        return true;
    }

    bool passRequests()
    {
        const auto bytes = readFrom(m_client);
        if (!bytes)
            return false;
        for (const std::string& piece : m_requests.feed(*bytes))
            if (!(piece.front() == '$' ? passRequest(piece) : passByte(piece)))
                return false;
        return true;
    }

    /// Receipts of replies that QEMU has not sent are kept from it.
    bool passByte(const std::string& byte)
    {
        if (byte == "+" && m_ownReplies > 0) {
            --m_ownReplies;
            return true;
        }
        return bool(m_qemu.writeAll(byte, soon()));
    }

    bool passRequest(const std::string& packet)
    {
        const std::string request = packet.substr(1, packet.size() - 4);
        if (request == "qRcmd," + gdb::hexEncode("info kvm")) {
            const std::string said
                = m_stub.m_traits.saysKvm ? "kvm support: enabled\r\n" : "unknown command\r\n";
            ++m_ownReplies;
            return bool(m_client.writeAll("+" + gdb::encodeRspPacket("O" + gdb::hexEncode(said)), soon()))
                && answer("OK", false);
        }
        if (const auto own = ownAnswer(request))
            return answer(*own, true);
        m_open.push_back(request.starts_with('p') ? request + "@" + m_thread : request);
        return bool(m_qemu.writeAll(packet, soon()));
    }

    bool answer(const std::string& payload, bool receipt)
    {
        ++m_ownReplies;
        return bool(m_client.writeAll((receipt ? "+" : "") + gdb::encodeRspPacket(payload), soon()));
    }

    std::optional<std::string> ownAnswer(const std::string& request)
    {
        if (takesSlot(request)) {
            const std::string slot = request.substr(1);
            if (request.front() == 'z') {
                m_used.erase(slot);
            } else if (!m_used.contains(slot) && m_used.size() >= m_stub.m_traits.debugRegisters) {
                ++m_stub.m_refusals;
                return "E22";
            } else {
                m_used.insert(slot);
                m_stub.m_peak = std::max<unsigned>(m_stub.m_peak, static_cast<unsigned>(m_used.size()));
            }
            return std::nullopt;
        }
        if (request.starts_with("Z0,")) {
            ++m_stub.m_softwareEver;
            ++m_stub.m_softwareNow;
        } else if (request.starts_with("z0,")) {
            --m_stub.m_softwareNow;
        }
        if (request.starts_with('p') && m_stub.m_traits.stalePs)
            return staleRegister(request + "@" + m_thread);
        noteState(request);
        return std::nullopt;
    }

    std::optional<std::string> staleRegister(const std::string& which)
    {
        const auto known = m_known.find(which);
        if (m_fresh.contains(m_thread) || known == m_known.end())
            return std::nullopt;
        ++m_stub.m_stale;
        return known->second.substr(1, known->second.size() - 4);
    }

    void noteState(const std::string& request)
    {
        const bool runs
            = request.starts_with("vCont;") || request.starts_with('c') || request.starts_with('s');
        if (request.starts_with("Hg"))
            m_thread = request.substr(2);
        else if (request == "g")
            m_fresh.insert(m_thread);
        else if (runs)
            m_fresh.clear();
        else if (request.starts_with('?') || request.starts_with('D'))
            m_used.clear(); // as QEMU's handle_target_halt and handle_detach do
    }

    KvmStub& m_stub;
    gdb::StreamSocket m_client;
    gdb::StreamSocket m_qemu;
    Cutter m_requests;
    Cutter m_replies;
    std::deque<std::string> m_open; ///< Requests that QEMU has not answered.
    std::map<std::string, std::string> m_known; ///< Answers to `p`, by register and thread.
    std::set<std::string> m_fresh; ///< Threads whose registers were read by `g` since the guest ran.
    std::set<std::string> m_used; ///< Debug registers.
    std::string m_thread;
    unsigned m_ownReplies = 0;
};

KvmStub::KvmStub(gdb::Endpoint stub, KvmStubTraits traits)
    : m_stub(std::move(stub))
    , m_traits(traits)
{
    gdb::Endpoint own;
    own.path = m_directory.filePath("stub").toStdString();
    m_server = required(gdb::ServerSocket::listen(own));
    m_thread = std::thread([this] {
        while (!m_ending) {
            pollfd wait{m_server.descriptor(), POLLIN, 0};
            if (::poll(&wait, 1, 20) <= 0)
                continue;
            auto client = m_server.accept();
            auto qemu = gdb::StreamSocket::connect(m_stub, soon());
            if (client && qemu)
                Conversation(*this, std::move(*client), std::move(*qemu)).run();
        }
    });
}

KvmStub::~KvmStub()
{
    m_ending = true;
    m_thread.join();
}

} // namespace pgtscope::test
