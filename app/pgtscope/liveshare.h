// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "app/pgtscope/livestart.h"
#include "gdb/proxy/proxysession.h"

namespace pgtscope::app {

struct Sharing {
    std::function<void(const std::string& target)>
        opened; ///< "target remote …" of gdb connects from here on.
    std::function<bool()> ended; ///< The user has ended the sharing.
    std::function<core::Result<void>(const gdb::BootStop&)> record; ///< An Error ends the sharing.
    std::function<void(const core::Error&)> failed; ///< One stop could not be captured; the next may be.
};

/// Shares the guest with a debugger of the user's own until the user ends that: whatever this debugger does
/// with it becomes steps. No session of ours may have the guest. Returns what is known of pgt_buf at the end.
core::Result<core::PageTableBuffer> shareGuest(const gdb::ProxyOptions& options, core::CancelFlag& cancel,
    const core::Progress& progress, const Sharing& sharing);

} // namespace pgtscope::app
