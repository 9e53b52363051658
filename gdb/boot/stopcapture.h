// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "gdb/boot/bootstop.h"
#include "gdb/boot/guestdeath.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::gdb {

/// What was captured as a stop, at time 0.
BootStop stopOf(core::StepCause cause, std::string text, const core::SnapshotPtr& snapshot);
/// The death of a guest of which nothing can be read any more: with what was captured `last`, and a gap that
/// says so.
BootStop stopAfterTheEnd(std::string text, const core::SnapshotPtr& last);

/// Captures a guest's stops, each with what its tables share with the previous one. For one thread.
class StopCapture {
public:
    /// `kernelRoot` as CaptureRequest has it.
    StopCapture(GuestSession& session, unsigned cpu, bool kernelRoot);

    /// The console is left empty. `cpu`: another one than usual.
    core::Result<BootStop> capture(
        core::StepCause cause, std::string text, std::optional<unsigned> cpu = std::nullopt);
    /// A death after which nothing can be read: with what was captured last, see previous().
    BootStop afterTheEnd(std::string text) const;
    /// The instruction before the next capture may have moved pgt_buf_end.
    void expectHandOut() { m_handedOut = true; }
    /// Whether it had, before the last capture: pages that it handed out are not cleared yet.
    bool handedOut() const { return m_lastHandedOut; }
    /// What was captured last; null before the first time.
    const core::SnapshotPtr& previous() const { return m_previous; }

private:
    BootStop timed(BootStop stop) const;

    GuestSession& m_session;
    unsigned m_cpu;
    bool m_kernelRoot;
    bool m_handedOut = false;
    bool m_lastHandedOut = false;
    core::SnapshotPtr m_previous;
    std::chrono::steady_clock::time_point m_began = std::chrono::steady_clock::now();
};

/// `seen`; but a QEMU that ends by itself takes the guest along, and that is a death, not an Error.
core::Result<std::optional<Sighting>> orDeath(core::Result<std::optional<Sighting>> seen,
    GuestSession& session, const StopCapture& capture, GuestDeath& death);

} // namespace pgtscope::gdb
