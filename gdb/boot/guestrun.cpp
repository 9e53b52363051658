// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/guestrun.h"

#include <algorithm>

namespace pgtscope::gdb {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

/// How long a guest that runs is left alone between two looks at what else may end its run.
constexpr auto waitPiece = 100ms;

} // namespace

std::chrono::milliseconds leftUntil(Clock::time_point end)
{
    return std::max(0ms, std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()));
}

core::Result<std::optional<StopEvent>> GuestRun::toNextStop(
    Clock::time_point until, const std::function<bool()>& enough)
{
    RETURN_IF_ERROR(m_session.target().resume());
    // The guest is not stopped just to look whether it should be: that would cost a slow one most of its
    // time.
    while (Clock::now() < until) {
        const auto pieceUntil = std::min(until, Clock::now() + waitPiece);
        auto stop = m_session.target().waitForStop(leftUntil(pieceUntil));
        if (stop)
            return *stop;
        if (Clock::now() < pieceUntil - 1ms || !m_session.target().running())
            return tl::unexpected(stop.error());
        if (enough())
            break;
    }
    return stopNow();
}

core::Result<std::optional<StopEvent>> GuestRun::stopNow()
{
    RETURN_IF_ERROR(m_session.target().interrupt());
    ASSIGN_OR_RETURN(auto stop, m_session.target().waitForStop(10s));
    // It may have met a breakpoint before it was interrupted.
    return stop.number ? std::optional(stop) : std::nullopt;
}

core::Result<core::CpuState> GuestRun::cpu()
{
    ASSIGN_OR_RETURN(auto cpus, m_session.target().cpus());
    for (const core::CpuState& state : cpus)
        if (state.id == m_cpu)
            return state;
    return core::failure("select CPU " + std::to_string(m_cpu), "the guest does not have it");
}

core::Result<bool> GuestRun::beforeKernel(const core::ResolvedEvents& events)
{
    ASSIGN_OR_RETURN(const auto now, cpu());
    if (!core::Paging(now.control, m_session.features()).enabled())
        return true;
    const core::LinearAddress linked = now.rip + m_session.kernel().entryShift();
    return std::any_of(events.available.begin(), events.available.end(), [&](const auto& event) {
        return event.event->phase == core::BootPhase::EntryCode
            && event.event->kind == core::BootEventKind::Function
            && (event.address == now.rip || event.address == linked);
    });
}

core::Result<core::LinearAddress> GuestRun::returnAddress()
{
    ASSIGN_OR_RETURN(const auto now, cpu());
    const bool wide = (now.control.efer & core::eferLma) != 0;
    return m_session.target()
        .evaluate(wide ? "*(unsigned long long*)$rsp" : "*(unsigned int*)$rsp", m_cpu)
        .map([](std::uint64_t address) { return core::LinearAddress(address); });
}

} // namespace pgtscope::gdb
