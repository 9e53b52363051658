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
    ASSIGN_OR_RETURN(const auto number, m_session.target().insertHardwareBreakpoint(*address));
    m_breakpoint = number;
    return {};
}

core::Result<bool> CallSkip::entered()
{
    if (++m_calls < m_call)
        return false;
    RETURN_IF_ERROR(m_session.target().removeBreakpoint(*std::exchange(m_breakpoint, std::nullopt)));
    return true;
}

core::Result<void> CallSkip::skip()
{
    ASSIGN_OR_RETURN(const auto back, m_run.returnAddress());
    // The return address is on top of the stack: going there at once is a call that did nothing.
    for (const std::string& change : {std::string("$rsp = $rsp + 8"), "$rip = " + core::hexText(back.value)})
        RETURN_IF_ERROR(m_session.target().evaluate(change, m_cpu));
    return {};
}

void CallSkip::read(BootState& state) const
{
    state.skipCalls = m_calls;
    state.skipWaits = m_breakpoint.has_value();
}

core::Result<void> CallSkip::resume(const BootState& state)
{
    m_calls = state.skipCalls;
    return state.skipWaits ? arm() : core::Result<void>();
}

std::string CallSkip::text() const
{
    return "call " + std::to_string(m_calls) + " of " + m_function + " is skipped";
}

} // namespace pgtscope::gdb
