// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/callskip.h"

#include <utility>

#include "core/base/numbers.h"

namespace pgtscope::gdb {

CallSkip::CallSkip(GuestSession& session, GuestRun& run, unsigned cpu, std::string function, unsigned call)
    : m_session(session)
    , m_run(run)
    , m_cpu(cpu)
    , m_function(std::move(function))
    , m_call(call)
{
}

core::Result<void> CallSkip::arm()
{
    if (m_function.empty())
        return {};
    const auto address = m_session.symbols().find(m_function);
    if (!address)
        return core::failure("skip a call of " + m_function, "the kernel has no such symbol",
            "name another function with --skip");
    const auto number = m_session.target().insertHardwareBreakpoint(*address);
    if (!number)
        return tl::unexpected(number.error());
    m_breakpoint = *number;
    return {};
}

core::Result<bool> CallSkip::entered()
{
    if (++m_calls < m_call)
        return false;
    if (auto removed = m_session.target().removeBreakpoint(*std::exchange(m_breakpoint, std::nullopt));
        !removed)
        return tl::unexpected(removed.error());
    return true;
}

core::Result<void> CallSkip::skip()
{
    const auto back = m_run.returnAddress();
    if (!back)
        return tl::unexpected(back.error());
    // The return address is on top of the stack: going there at once is a call that did nothing.
    for (const std::string& change : {std::string("$rsp = $rsp + 8"), "$rip = " + core::hexText(back->value)})
        if (auto done = m_session.target().evaluate(change, m_cpu); !done)
            return tl::unexpected(done.error());
    return {};
}

std::string CallSkip::text() const
{
    return "call " + std::to_string(m_calls) + " of " + m_function + " is skipped";
}

} // namespace pgtscope::gdb
