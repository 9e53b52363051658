// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "core/base/error.h"

namespace pgtscope::gdb {

/// A process that outlives ours to say good-bye to a stub: when we are killed while we stand between a
/// debugger and the stub, the debugger cannot do it any more. It holds the connection and sleeps.
class StubGuard {
public:
    StubGuard() = default;
    ~StubGuard() { dismiss(); }
    StubGuard(const StubGuard&) = delete;
    StubGuard& operator=(const StubGuard&) = delete;

    /// From now on, `farewell` is sent over `descriptor` when this process ends without dismiss().
    core::Result<void> post(int descriptor, std::string farewell);
    /// The connection is closed in good order, and needs no guard.
    void dismiss();

private:
    int m_lifeline = -1; ///< Closed by the system when we end.
    int m_process = 0;
};

/// What brings a stub into the wanted state whatever it was told last, as bytes on the wire.
std::string farewellBytes(std::optional<bool> physicalMode, bool resume);

} // namespace pgtscope::gdb
