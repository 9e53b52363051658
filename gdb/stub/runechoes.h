// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/base/address.h"

namespace pgtscope::gdb {

/// Of a stub that answers runs which were none, distinguishes those answers from stops.
class RunEchoes {
public:
    virtual ~RunEchoes() = default;
    RunEchoes(const RunEchoes&) = delete;
    RunEchoes& operator=(const RunEchoes&) = delete;

    /// The guest runs from here; 0: it executes a single instruction that was asked for.
    virtual void resumedAt(core::LinearAddress rip) = 0;
    /// How a run ended, as gdb sees it.
    enum class End { Interrupted, Trapped, Otherwise };
    /// True if the guest has not run to here, and has to be resumed again.
    virtual bool isEcho(End end, core::LinearAddress rip) = 0;

protected:
    RunEchoes() = default;
};

} // namespace pgtscope::gdb
