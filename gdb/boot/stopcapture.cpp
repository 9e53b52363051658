// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/stopcapture.h"

#include <utility>

namespace pgtscope::gdb {

StopCapture::StopCapture(GuestSession& session, unsigned cpu, bool kernelRoot)
    : m_session(session)
    , m_cpu(cpu)
    , m_kernelRoot(kernelRoot)
{
}

core::Result<BootStop> StopCapture::capture(
    core::StepCause cause, std::string text, std::optional<unsigned> cpu)
{
    CaptureRequest request;
    request.cpu = cpu.value_or(m_cpu);
    request.previous = m_previous;
    m_lastHandedOut = std::exchange(m_handedOut, false);
    request.handedOut = m_lastHandedOut;
    request.kernelRoot = m_kernelRoot;
    request.dying = cause == core::StepCause::Death;
    ASSIGN_OR_RETURN(auto snapshot, m_session.capture(request));
    BootStop stop;
    stop.step.cause = cause;
    stop.step.text = std::move(text);
    stop.step.time = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - m_began)
            .count());
    stop.step.cpu = snapshot->cpu();
    stop.step.ripSymbol = snapshot->ripSymbol();
    stop.snapshot = snapshot;
    m_previous = snapshot;
    return stop;
}

} // namespace pgtscope::gdb
