// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "core/paging/entryedit.h"
#include "gdb/capture/guestreader.h"
#include "gdb/stub/target.h"

namespace pgtscope::gdb {

/// A guest that our gdb controls, with everything needed to turn its stops into snapshots.
class GuestSession final : public GuestReader {
public:
    /// Attaches, which stops the guest. Progress is reported by name only.
    static core::Result<std::unique_ptr<GuestSession>> open(
        const SessionOptions& options, core::CancelFlag& cancel, const core::Progress& progress = {});

    Target& target() { return m_target; }
    /// Fails if the entry does not hold what the edit says, or if the guest does not keep what was written.
    core::Result<void> replaceEntry(const core::EntryEdit& edit);
    /// Detaches from the guest and leaves it as it was found, unless `end` says otherwise.
    core::Result<void> close(EndState end = EndState::AsFound);
    core::Result<void> detach() override { return close(); }

private:
    GuestSession(std::unique_ptr<Target> target, core::CancelFlag& cancel);

    Target& m_target; ///< The reader's guest.
};

} // namespace pgtscope::gdb
