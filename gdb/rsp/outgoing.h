// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gdb/net/streamsocket.h"

namespace pgtscope::gdb {

/// Bytes on their way to one side of a conversation, which are sent without ever waiting for it.
class Outgoing {
public:
    bool empty() const { return m_bytes.empty(); }
    std::size_t size() const { return m_bytes.size(); }
    void add(std::string_view bytes) { m_bytes += bytes; }
    /// What poll() has to wait for, so that a send is worth while.
    short events() const;
    /// Sends as much as goes at once; what is left is sent with what comes next. Closes a socket that has
    /// failed, or that has taken nothing for 30 s, and drops the bytes for it, as for one that is closed.
    void sendTo(StreamSocket& to);

private:
    std::string m_bytes;
    /// When the other side last took some, if it takes none now.
    WaitLimit::Clock::time_point m_stuckSince;
};

} // namespace pgtscope::gdb
