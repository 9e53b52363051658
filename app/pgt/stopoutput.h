// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "app/pgt/guestoptions.h"
#include "gdb/recorder/stoprecord.h"

namespace pgtscope::pgt {

/// The option by which single commands record their stops in one file, so that the guest goes forward from
/// command to command and its timeline can be looked back on.
struct StopOutput {
    std::string path; ///< Empty: nothing is recorded.

    void addTo(CLI::App& command);
    core::Result<void> recall(gdb::GuestSession& session) const;
    /// The stop's step; nullopt if nothing is recorded.
    core::Result<std::optional<core::StepNumber>> record(const GuestOptions& options,
        gdb::GuestSession& session, const core::SnapshotPtr& before, const gdb::BootStop& stop) const;
};

/// What the recording says about a guest that the options name and `reader` reads.
core::GuestDescription describeSession(const GuestOptions& options, const gdb::GuestReader& reader);

} // namespace pgtscope::pgt
