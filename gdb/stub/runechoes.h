// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/base/address.h"

namespace pgtscope::gdb {

/// Distinguishes gdbsx's answers to a run from those that are to no run at all. Of these it has two: to the
/// first run where dom0 had paused the domain as well, which ends where it began; and to the run after a
/// single step, such as gdb makes to leave a breakpoint, when it reports the step's end again.
class RunEchoes {
public:
    /// The domain runs from here; 0: it executes a single instruction that was asked for.
    void resumedAt(core::LinearAddress rip) { m_resumedAt = rip; }
    /// How a run ended, as gdb sees it.
    enum class End { Interrupted, Trapped, Otherwise };
    /// True if the domain has not run to here, and has to be resumed again.
    bool isEcho(End end, core::LinearAddress rip);

private:
    core::LinearAddress m_resumedAt;
    bool m_mayBeHeld = true; ///< No run has ended yet.
    unsigned m_inARow = 0;
};

} // namespace pgtscope::gdb
