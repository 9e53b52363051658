// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>

#include "core/base/cancel.h"
#include "gdb/host/owneddirectory.h"
#include "gdb/net/serversocket.h"
#include "gdb/rsp/stubnotes.h"

namespace pgtscope::gdb {

/// Where debuggers connect. It admits this user's, and no program that does not speak as a debugger does. For
/// one thread at a time, but for endpoint().
class DebuggerDoor {
public:
    /// nullopt: a unix socket in a directory that only its user can enter.
    static core::Result<DebuggerDoor> open(const std::optional<Endpoint>& listen);

    const Endpoint& endpoint() const { return m_endpoint; }
    /// The descriptor, for poll(): readable when a program waits to be admitted. -1 when closed.
    int descriptor() const { return m_server.descriptor(); }
    bool isOpen() const { return descriptor() >= 0; }
    void close();

    /// The next debugger; nullopt: none waits, or it was turned away. A program may take 10 s for its first
    /// byte; `meanwhile` is called every so often until then. `notes` gets a sentence about a program that is
    /// turned away, before that program can see it.
    std::optional<StreamSocket> admit(
        const core::CancelFlag& cancel, const std::function<void()>& meanwhile, StubNotes& notes);

private:
    DebuggerDoor(ServerSocket server, std::optional<OwnedDirectory> directory);
    bool speaksAsDebugger(StreamSocket& client, const core::CancelFlag& cancel,
        const std::function<void()>& meanwhile, StubNotes& notes) const;

    ServerSocket m_server;
    Endpoint m_endpoint;
    std::optional<OwnedDirectory> m_directory; ///< Of the private socket.
};

} // namespace pgtscope::gdb
