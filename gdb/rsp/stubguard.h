// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "core/base/error.h"
#include "gdb/net/endpoint.h"

namespace pgtscope::gdb {

/// A process that outlives ours to detach from a stub, should we be killed while we hold its guest stopped.
/// It sleeps until then, and reports on standard error what it did.
class StubGuard {
public:
    StubGuard() = default;
    ~StubGuard() { dismiss(); }
    StubGuard(const StubGuard&) = delete;
    StubGuard& operator=(const StubGuard&) = delete;

    /// From now on, `farewell` is sent over `descriptor` when this process ends without dismiss(). The guard
    /// holds the connection as well: it is not closed with this process.
    core::Result<void> post(int descriptor, std::string farewell);
    /// The same where nothing is known yet: it is sent only if the stub has reported a stop and the
    /// report is unread, as QEMU up to 8.0 does when it stopped the guest for our connection.
    core::Result<void> postUntilKnown(int descriptor, std::string farewell);
    /// The same over a connection that it makes itself then: for the time before, between and after ours.
    core::Result<void> post(const Endpoint& endpoint, std::string farewell);
    /// The connection is closed in good order, and needs no guard.
    void dismiss();

private:
    struct Watch;
    core::Result<void> post(const Watch& watch);

    int m_lifeline = -1; ///< Closed by the system when we end.
    int m_process = 0;
};

/// What brings a stub into the wanted state whatever was sent last, as bytes on the wire.
std::string farewellBytes(std::optional<bool> physicalMode, bool resume);

} // namespace pgtscope::gdb
