// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/pgtbufwatch.h"

#include <utility>

#include "core/base/numbers.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::gdb {

core::Result<void> PgtBufWatch::arm()
{
    const auto end = m_session.symbols().find(core::pgtBufEnd);
    if (!end)
        return {};
    if (!m_session.target().facts().can.watchpoints)
        return core::failure(
            "follow pgt_buf", "this stub has no watchpoints", "follow the boot event by event");
    const unsigned bytes = end->value >> 32 == 0 ? 4 : 8;
    ASSIGN_OR_RETURN(m_number, m_session.target().insertWatchpoint(*end, bytes, WatchKind::Write));
    return {};
}

core::Result<void> PgtBufWatch::remove()
{
    const auto number = std::exchange(m_number, std::nullopt);
    return number ? m_session.target().removeBreakpoint(*number) : core::Result<void>();
}

std::optional<std::string> pgtBufChange(const StopEvent& stop, bool twoCounts)
{
    const std::string before = core::hexText(stop.oldValue.value_or(0));
    const std::string after = core::hexText(stop.newValue.value_or(0));
    if (before == after)
        return std::nullopt;
    return std::string("pgt_buf_end ") + (twoCounts ? "pfn " : "") + before + " -> " + after;
}

} // namespace pgtscope::gdb
