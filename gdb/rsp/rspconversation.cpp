// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/rspconversation.h"

namespace pgtscope::gdb {

namespace {

constexpr std::string_view resumption = "vCont;";

bool steps(std::string_view request)
{
    if (request.starts_with(resumption))
        request.remove_prefix(resumption.size());
    return !request.empty() && std::string_view("sSiIr").find(request.front()) != std::string_view::npos;
}

/// A debugger looks at the thread that a stop names without choosing it anew.
std::string threadNamedBy(std::string_view reply)
{
    constexpr std::string_view field = "thread:";
    const std::size_t at = reply.starts_with('T') ? reply.find(field) : std::string_view::npos;
    if (at == std::string_view::npos)
        return {};
    const std::size_t begin = at + field.size();
    return std::string(reply.substr(begin, reply.find(';', begin) - begin));
}

} // namespace

bool resumesGuest(std::string_view request)
{
    if (request.starts_with(resumption))
        return true;
    return !request.empty() && std::string_view("cCsSiIF").find(request.front()) != std::string_view::npos;
}

bool asksForThreads(std::string_view request)
{
    return request == "qfThreadInfo" || request == "qsThreadInfo";
}

bool isStopReply(std::string_view payload)
{
    if (payload.size() < 3 || !hexDecode(payload.substr(1, 2)))
        return false;
    const char kind = payload.front();
    return kind == 'T'
        || ((kind == 'S' || kind == 'W' || kind == 'X') && (payload.size() == 3 || payload[3] == ';'));
}

bool isEndOfGuest(std::string_view payload)
{
    return isStopReply(payload) && (payload.front() == 'W' || payload.front() == 'X');
}

bool isConsoleOutput(std::string_view payload)
{
    return payload.starts_with('O') && !payload.substr(1).starts_with('K');
}

bool RspConversation::quiet() const
{
    return m_introduced && !m_open && !m_running && !m_listing && !m_over && !m_ackDue;
}

void RspConversation::fromDebugger(const RspEvent& event)
{
    switch (event.kind) {
    case RspEvent::Kind::Ack:
        m_ackDue = false;
        break;
    case RspEvent::Kind::Nak: // The stub sends it once more.
        m_open = m_open || m_ackDue;
        m_ackDue = false;
        break;
    case RspEvent::Kind::Packet:
        request(event.payload);
        break;
    default:
        break;
    }
}

void RspConversation::request(const std::string& payload)
{
    m_ackDue = false;
    m_request = payload;
    m_open = true;
    m_running = resumesGuest(payload);
    m_stepping = steps(payload);
    if (payload == "k" || payload.starts_with("vKill"))
        m_over = true;
    if (!asksForThreads(payload))
        m_listing = false;
}

void RspConversation::followThread(std::string_view stopReply)
{
    if (auto thread = threadNamedBy(stopReply); !thread.empty())
        m_thread = std::move(thread);
}

std::optional<StubStop> RspConversation::fromStub(const std::string& payload)
{
    m_ackDue = !m_withoutAcks;
    if (!m_open || (isConsoleOutput(payload) && (m_running || m_request.starts_with("qRcmd,"))))
        return std::nullopt;
    if (m_running) {
        // Anything else is a refusal, which ends nothing but the request, or a call of the guest to the host.
        if (!isStopReply(payload)) {
            m_open = m_running = payload.starts_with('F');
            return std::nullopt;
        }
        m_open = m_running = false;
        m_over = m_over || isEndOfGuest(payload);
        followThread(payload);
        return StubStop{payload, m_stepping};
    }
    m_open = false;
    m_introduced = m_introduced || (m_request == "?" && isStopReply(payload));
    if (m_request == "?")
        followThread(payload);
    m_listing = asksForThreads(m_request) && payload.starts_with('m');
    if (payload == "OK") {
        m_withoutAcks = m_withoutAcks || m_request == "QStartNoAckMode";
        m_over = m_over || m_request.starts_with('D');
        if (m_request.starts_with("Hg"))
            m_thread = m_request.substr(2);
    }
    return std::nullopt;
}

} // namespace pgtscope::gdb
