// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/outgoing.h"

#include <poll.h>

namespace pgtscope::gdb {

namespace {

/// A debugger or stub that takes nothing for so long is gone.
constexpr std::chrono::milliseconds sendTime(30000);

} // namespace

short Outgoing::events() const { return empty() ? short{0} : short{POLLOUT}; }

// Never waits: QEMU reads nothing while its monitor prints, and a unix socket takes no more than some 280
// receipts, one piece each. A send that waits until the next is taken would not read what QEMU prints, and
// QEMU would wait for that.
void Outgoing::sendTo(StreamSocket& to)
{
    if (empty() || !to.isOpen())
        return m_bytes.clear();
    const auto now = WaitLimit::Clock::now();
    const auto sent = to.writeSome(m_bytes);
    if (sent && *sent == 0 && m_stuckSince == WaitLimit::Clock::time_point{})
        m_stuckSince = now;
    if (sent && *sent > 0)
        m_stuckSince = {};
    const bool gone = m_stuckSince != WaitLimit::Clock::time_point{} && now - m_stuckSince > sendTime;
    if (!sent || gone)
        to.close();
    m_bytes.erase(0, sent && !gone ? *sent : m_bytes.size());
}

} // namespace pgtscope::gdb
