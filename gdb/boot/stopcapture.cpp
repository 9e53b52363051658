// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/stopcapture.h"

#include <utility>

#include "core/model/assembly.h"

namespace pgtscope::gdb {

BootStop stopOf(core::StepCause cause, std::string text, const core::SnapshotPtr& snapshot)
{
    BootStop stop;
    stop.step.cause = cause;
    stop.step.text = std::move(text);
    stop.step.cpu = snapshot->cpu();
    stop.step.ripSymbol = snapshot->ripSymbol();
    stop.snapshot = snapshot;
    return stop;
}

BootStop stopAfterTheEnd(std::string text, const core::SnapshotPtr& last)
{
    core::SnapshotParts parts = core::partsOf(*last);
    parts.gaps.emplace_back("the guest has gone with its QEMU: what it had come to could not be read");
    auto unseen = core::assembleSnapshot(std::move(parts));
    return stopOf(core::StepCause::Death, std::move(text), unseen ? *unseen : last);
}

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
    ASSIGN_OR_RETURN(m_previous, m_session.capture(request));
    return timed(stopOf(cause, std::move(text), m_previous));
}

BootStop StopCapture::afterTheEnd(std::string text) const
{
    return timed(stopAfterTheEnd(std::move(text), m_previous));
}

BootStop StopCapture::timed(BootStop stop) const
{
    stop.step.time = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - m_began)
            .count());
    return stop;
}

core::Result<std::optional<Sighting>> orDeath(core::Result<std::optional<Sighting>> seen,
    GuestSession& session, const StopCapture& capture, GuestDeath& death)
{
    if (seen || !session.target().ended() || !capture.previous())
        return seen;
    return sightingOf(capture.afterTheEnd(death.atItsEnd()));
}

} // namespace pgtscope::gdb
