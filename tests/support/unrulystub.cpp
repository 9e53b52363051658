// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/unrulystub.h"

#include <array>
#include <poll.h>

#include "tests/support/required.h"

namespace pgtscope::test {

namespace {

using namespace std::chrono_literals;

constexpr auto dripTime = 100ms;

std::optional<std::string> takeFrom(gdb::StreamSocket& socket)
{
    std::array<std::byte, 65536> block{};
    const auto count = socket.readSome(block, gdb::WaitLimit::after(5s));
    if (!count || *count == 0)
        return std::nullopt;
    return std::string(reinterpret_cast<const char*>(block.data()), *count);
}

bool readable(const gdb::StreamSocket& socket, int milliseconds)
{
    pollfd wait{socket.descriptor(), POLLIN, 0};
    return ::poll(&wait, 1, milliseconds) > 0;
}

} // namespace

UnrulyStub::UnrulyStub(gdb::Endpoint stub, Phase phase, Manner manner)
    : m_stub(std::move(stub))
    , m_phase(phase)
    , m_manner(manner)
{
    gdb::Endpoint own;
    own.path = m_directory.filePath("stub").toStdString();
    m_server = required(gdb::ServerSocket::listen(own));
    m_thread = std::thread([this] { serve(); });
}

UnrulyStub::~UnrulyStub()
{
    m_ending = true;
    m_thread.join();
}

std::optional<UnrulyStub::Clock::time_point> UnrulyStub::began() const
{
    const Clock::rep began = m_began;
    return began == 0 ? std::nullopt : std::optional(Clock::time_point(Clock::duration(began)));
}

void UnrulyStub::serve()
{
    auto drip = Clock::now();
    while (!m_ending) {
        if (auto client = m_server.accept()) {
            auto stub = gdb::StreamSocket::connect(m_stub, gdb::WaitLimit::after(5s));
            m_talks.push_back({std::move(*client), stub ? std::move(*stub) : gdb::StreamSocket(), {}});
            if (m_began == 0 && m_phase == Phase::Connect)
                m_began = Clock::now().time_since_epoch().count();
        }
        const bool due = m_manner == Manner::Floods || Clock::now() - drip >= dripTime;
        drip = due ? Clock::now() : drip;
        std::erase_if(m_talks, [&](Conversation& talk) {
            if (!pass(talk))
                return true;
            return m_began != 0 && due && !misbehave(talk);
        });
        // A flood, too, leaves the processor to those who have to stand it: 256,000 packets a second.
        std::this_thread::sleep_for(1ms);
    }
}

/// What the client and, while this one behaves, the stub have to say. False: the client is gone.
bool UnrulyStub::pass(Conversation& talk)
{
    if (readable(talk.client, 0)) {
        const auto bytes = takeFrom(talk.client);
        if (!bytes)
            return false;
        talk.requests.feed(*bytes);
        while (const auto event = talk.requests.next())
            if (m_began == 0 && begins(*event))
                m_began = Clock::now().time_since_epoch().count();
        if (m_began == 0 && talk.stub.isOpen() && !talk.stub.writeAll(*bytes, gdb::WaitLimit::after(5s)))
            talk.stub.close();
    }
    if (talk.stub.isOpen() && readable(talk.stub, 0)) {
        const auto bytes = takeFrom(talk.stub);
        if (!bytes)
            talk.stub.close();
        else if (m_began == 0)
            return talk.client.writeAll(*bytes, gdb::WaitLimit::after(5s)).has_value();
    }
    return true;
}

bool UnrulyStub::misbehave(Conversation& talk) const
{
    if (m_manner == Manner::Silent)
        return true;
    if (m_manner == Manner::Drips)
        return talk.client.writeSome("$").has_value();
    std::string flood;
    for (int i = 0; i < 256; ++i)
        flood += gdb::encodeRspPacket("O" + gdb::hexEncode("x"));
    return talk.client.writeSome(flood).has_value();
}

bool UnrulyStub::begins(const gdb::RspEvent& event) const
{
    const std::string& request = event.payload;
    if (event.kind != gdb::RspEvent::Kind::Packet)
        return event.kind == gdb::RspEvent::Kind::Interrupt && m_phase == Phase::Interrupt;
    switch (m_phase) {
    case Phase::Connect:
    case Phase::Interrupt:
        return false;
    case Phase::Description:
        return request.starts_with("qXfer:features:read");
    case Phase::Memory:
        return request.starts_with("m") || request.starts_with("x");
    case Phase::Continue:
        return request.starts_with("vCont;c") || request.starts_with("c");
    case Phase::Monitor:
        return request.starts_with("qRcmd");
    case Phase::Detach:
        return request.starts_with("D");
    }
    return false;
}

} // namespace pgtscope::test
