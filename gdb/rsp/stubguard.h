// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "core/base/error.h"
#include "gdb/net/endpoint.h"

namespace pgtscope::gdb {

/// A process that outlives ours to say good-bye to a stub, should we be killed while we keep its guest
/// stopped. It sleeps until then, and reports on standard error what it did.
class StubGuard {
public:
    StubGuard() = default;
    ~StubGuard() { dismiss(); }
    StubGuard(const StubGuard&) = delete;
    StubGuard& operator=(const StubGuard&) = delete;

    /// From now on, `farewell` is sent over `descriptor` when this process ends without dismiss().
    /// Holding the connection keeps the stub from taking its end for ours.
    core::Result<void> post(int descriptor, std::string farewell);
    /// The same over a connection that it makes itself then: for the time before, between and after ours.
    core::Result<void> post(const Endpoint& endpoint, std::string farewell);
    bool posted() const { return m_process != 0; }
    /// The connection is closed in good order, and needs no guard.
    void dismiss();

private:
    struct Watch;
    core::Result<void> post(const Watch& watch);

    int m_lifeline = -1; ///< Closed by the system when we end.
    int m_process = 0;
};

/// What brings a stub into the wanted state whatever it was told last, as bytes on the wire.
std::string farewellBytes(std::optional<bool> physicalMode, bool resume);

} // namespace pgtscope::gdb
