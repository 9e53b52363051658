// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/linux/events.h"
#include "core/steps/step.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/capture/guestreader.h"
#include "gdb/proxy/proxiedguest.h"

namespace pgtscope::gdb {

struct ProxyOptions {
    SessionOptions session;
    ProxyListening listening;
    unsigned cpu = 0; ///< Whose tables are read at a stop that names no CPU.
};

/// The stops of another debugger as steps, each captured before the stop reaches the debugger.
class ProxySession final : public GuestReader {
public:
    static core::Result<std::unique_ptr<ProxySession>> open(
        const ProxyOptions& options, core::CancelFlag& cancel, const core::Progress& progress = {});

    const Endpoint& endpoint() const { return m_proxied.endpoint(); }
    bool connected() const { return m_proxied.connected(); }
    /// Why the last debugger could not be served to the end; empty if it could.
    std::string problem() const { return m_proxied.problem(); }

    /// The debugger's next stop, or its arrival if it rests then; nullopt if neither comes in that time. An
    /// Error says why a stop could not be captured: the debugger goes on all the same, and so can the caller.
    core::Result<std::optional<BootStop>> next(std::chrono::milliseconds time);

private:
    ProxySession(std::unique_ptr<ProxiedGuest> guest, ProxyOptions options,
        std::optional<core::KernelSymbols> kernel, core::CancelFlag& cancel);
    core::Result<BootStop> capture(const HeldStop& held);
    void name(BootStop& stop, const HeldStop& held);

    ProxiedGuest& m_proxied; ///< The reader's guest.
    ProxyOptions m_options;
    std::optional<core::KernelSymbols> m_kernel; ///< Until the guest is first seen.
    bool m_prepared = false;
    core::SnapshotPtr m_previous;
    std::chrono::steady_clock::time_point m_began = std::chrono::steady_clock::now();
};

/// What a stub says of a stop (gdb manual, "Stop Reply Packets").
struct StopReply {
    unsigned signal = 0; ///< gdb's number: 2 is SIGINT, 5 is SIGTRAP.
    std::optional<unsigned> cpu; ///< From 0.
    std::optional<core::LinearAddress> watched; ///< The address that was accessed.
};
/// nullopt: it is none.
std::optional<StopReply> parseStopReply(std::string_view payload);

} // namespace pgtscope::gdb
