// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "app/pgt/bootrecorder.h"
#include "app/pgt/guestoptions.h"

namespace pgtscope::pgt {

/// Keeps stops that single commands make in one recording, so that the guest goes forward from command to
/// command and its timeline can be looked back on.
struct SessionFile {
    std::string path; ///< Empty: nothing is kept.

    void addTo(CLI::App& command);
    /// Tells the session what earlier commands have learnt of pgt_buf: its variables show the present only.
    core::Result<void> recall(gdb::GuestSession& session) const;
    /// Makes the recording, beginning with `before`, or goes on with it; then appends the stop. Returns the
    /// stop's step, or 0 if nothing is kept.
    core::Result<core::StepNumber> keep(const GuestOptions& options, const gdb::GuestSession& session,
        const core::SnapshotPtr& before, const gdb::BootStop& stop) const;
};

/// What the recording says about a guest that the options name and `reader` reads.
core::GuestDescription describeSession(const GuestOptions& options, const gdb::GuestReader& reader);

} // namespace pgtscope::pgt
