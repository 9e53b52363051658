// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/liveshare.h"

namespace pgtscope::app {

namespace {

/// How often to check whether the user has ended the sharing.
constexpr std::chrono::milliseconds askForBackEvery(100);

} // namespace

core::Result<core::PageTableBuffer> shareGuest(const gdb::ProxyOptions& options, core::CancelFlag& cancel,
    const core::Progress& progress, const Sharing& sharing)
{
    ASSIGN_OR_RETURN(auto proxy, gdb::ProxySession::open(options, cancel, progress));
    sharing.opened(proxy->endpoint().gdbText());
    while (!sharing.ended() && !cancel.cancelled()) {
        const auto stop = proxy->next(askForBackEvery);
        // The other debugger goes on all the same.
        if (!stop && !cancel.cancelled())
            sharing.failed(stop.error());
        if (stop && *stop)
            RETURN_IF_ERROR(sharing.record(**stop));
    }
    return proxy->pgtBuf().buffer();
}

} // namespace pgtscope::app
