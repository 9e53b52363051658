// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/relay.h"

#include <array>
#include <deque>
#include <poll.h>
#include <string>

#include "tests/support/required.h"

namespace pgtscope::test {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Bytes on their way.
struct Passing {
    Clock::time_point due;
    std::string bytes;
};

std::optional<std::string> takeFrom(gdb::StreamSocket& socket)
{
    std::array<std::byte, 65536> block{};
    const auto count = socket.readSome(block, gdb::WaitLimit::after(5s));
    if (!count || *count == 0)
        return std::nullopt;
    return std::string(reinterpret_cast<const char*>(block.data()), *count);
}

} // namespace

Relay::Relay(gdb::Endpoint stub, Listens where)
    : m_stub(std::move(stub))
{
    gdb::Endpoint own;
    if (where == Listens::UnixSocket)
        own.path = m_directory.filePath("relay").toStdString();
    else
        own.host = "localhost";
    m_server = required(gdb::ServerSocket::listen(own));
    m_thread = std::thread([this] {
        while (!m_ending) {
            pollfd wait{m_server.descriptor(), POLLIN, 0};
            if (::poll(&wait, 1, 20) <= 0)
                continue;
            auto client = m_server.accept();
            auto qemu = gdb::StreamSocket::connect(m_stub, gdb::WaitLimit::after(5s));
            if (client && qemu)
                converse(std::move(*client), std::move(*qemu));
        }
    });
}

Relay::~Relay()
{
    m_ending = true;
    m_thread.join();
}

void Relay::converse(gdb::StreamSocket client, gdb::StreamSocket stub)
{
    std::deque<Passing> replies;
    while (!m_ending) {
        while (!replies.empty() && replies.front().due <= Clock::now()) {
            if (!client.writeAll(replies.front().bytes, gdb::WaitLimit::after(5s)))
                return;
            replies.pop_front();
        }
        std::array<pollfd, 2> waits{
            pollfd{client.descriptor(), POLLIN, 0}, pollfd{stub.descriptor(), POLLIN, 0}};
        if (::poll(waits.data(), waits.size(), replies.empty() ? 20 : 1) <= 0)
            continue;
        if (waits[0].revents != 0) {
            const auto bytes = takeFrom(client);
            if (!bytes || !stub.writeAll(*bytes, gdb::WaitLimit::after(5s)))
                return;
        }
        if (waits[1].revents != 0) {
            const auto bytes = takeFrom(stub);
            if (!bytes)
                return;
            replies.push_back({Clock::now() + std::chrono::milliseconds(m_delay), *bytes});
        }
    }
}

} // namespace pgtscope::test
