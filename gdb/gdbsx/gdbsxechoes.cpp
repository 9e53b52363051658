// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/gdbsx/gdbsxechoes.h"

#include <utility>

namespace pgtscope::gdb {

namespace {

/// A stub that answers so more often than gdbsx does is not waited for any longer.
constexpr unsigned maxEchoes = 8;

} // namespace

bool GdbsxEchoes::isEcho(End end, core::LinearAddress rip)
{
    const bool resumed = m_resumedAt.value != 0;
    const bool held = end == End::Interrupted && rip == m_resumedAt;
    const bool echo = resumed && ((std::exchange(m_mayBeHeld, false) && held) || end == End::Trapped);
    m_inARow = echo ? m_inARow + 1 : 0;
    return echo && m_inARow <= maxEchoes;
}

std::shared_ptr<RunEchoes> echoesOf(const Endpoint& endpoint)
{
    return endpoint.gdbsxBits == 0 ? nullptr : std::make_shared<GdbsxEchoes>();
}

} // namespace pgtscope::gdb
