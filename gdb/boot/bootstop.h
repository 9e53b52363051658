// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/linux/events.h"
#include "core/model/snapshot.h"
#include "core/steps/step.h"

namespace pgtscope::gdb {

/// What the guest is stopped for, beyond what every boot stops for: switches of CR3, an event that ends it,
/// and whatever the user set.
struct EventSources {
    bool events = true; ///< Boot events of the catalogue.
    bool pgtBuf = true; ///< Every change of pgt_buf_end, and every page taken from memblock once it is full.
    /// Every write to a table page while this function runs, what it calls included; empty: none.
    std::string writesIn = {};
    /// An experiment: the `skipCall`th call (from 1) of this function returns without running; empty: none.
    std::string skips = {};
    unsigned skipCall = 1;
    /// Every store into a table page, reported by a plugin in QEMU (gdb/writes) while the guest runs: no
    /// stops.
    bool everyWrite = false;
    /// From the kernel's first C code to free_initmem() events have software breakpoints: for a guest that
    /// takes few others.
    bool softBreakpoints = false;
};

/// A stop of the guest, captured.
struct BootStop {
    core::Step step;
    core::SnapshotPtr snapshot;
    /// Who wrote what changed since the previous stop; set where single instructions are executed.
    std::optional<core::EntryWriter> writer = {};
};

/// A stop, and what it is.
struct Sighting {
    BootStop stop;
    const core::BootEvent* event = nullptr; ///< Null: none of the catalogue's.
    bool wanted = true; ///< One of the chosen event sources asks for this stop.
    bool users = false; ///< None of ours: a breakpoint that the user set, a signal.

    /// No run goes past it.
    bool ends() const
    {
        return users || stop.step.cause == core::StepCause::Death || (event && event->halts);
    }
};

inline core::Result<std::optional<Sighting>> sightingOf(core::Result<BootStop> stop, bool users = false)
{
    RETURN_IF_ERROR(stop);
    return Sighting{std::move(*stop), nullptr, true, users};
}

} // namespace pgtscope::gdb
