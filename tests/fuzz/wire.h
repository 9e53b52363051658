// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "gdb/net/streamsocket.h"
#include "tests/fuzz/input.h"

namespace pgtscope::fuzz {

/// A connection whose one end the code under test holds, and whose other end the fuzzer plays. Nothing waits.
class Wire {
public:
    Wire()
    {
        std::array<int, 2> ends{};
        require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
        m_ours = ends[0];
        m_theirs = ends[1];
    }
    ~Wire()
    {
        ::close(m_ours);
        if (m_theirs >= 0)
            ::close(m_theirs);
    }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    /// The end for the code under test, once.
    gdb::StreamSocket theirs()
    {
        auto socket = gdb::StreamSocket::adopt(std::exchange(m_theirs, -1), "the fuzzer");
        require(socket.has_value());
        return std::move(*socket);
    }
    /// What does not fit into the connection is lost.
    void send(std::string_view bytes) const
    {
        (void)::send(m_ours, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    /// Nothing more will be sent.
    void end() const { ::shutdown(m_ours, SHUT_WR); }
    /// All that has come.
    std::string received() const
    {
        std::string bytes;
        std::array<char, 16384> block;
        for (ssize_t count = 0; (count = ::recv(m_ours, block.data(), block.size(), 0)) > 0;)
            bytes.append(block.data(), static_cast<std::size_t>(count));
        return bytes;
    }

private:
    int m_ours = -1;
    int m_theirs = -1;
};

} // namespace pgtscope::fuzz
