// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gdb/rsp/stubmux.h"
#include "gdb/stub/stoppedguest.h"
#include "gdb/stub/stubcpus.h"
#include "gdb/stub/stubprobe.h"

namespace pgtscope::gdb {

/// Where a debugger connects, and what it and the stub may ask of each other.
struct ProxyListening {
    /// A unix socket or a loopback port, 0 for any; nullopt: a unix socket of our own choice.
    std::optional<Endpoint> endpoint;
    bool fileIo = false; ///< Let the stub use files of this machine through the debugger, see StubFilter.
    bool monitor = false; ///< Let the debugger use all of QEMU's monitor, see monitorOnlyReads().
};

/// A guest that another debugger controls through us: it connects here instead of to the stub, and is made to
/// wait at each of its stops while we read. Until it connects, the guest is left as it was found; what it
/// does with the guest then is its own affair. For one thread.
class ProxiedGuest final : public StoppedGuest {
public:
    /// `cancel` may be null and must outlive the guest.
    static core::Result<std::unique_ptr<ProxiedGuest>> start(
        const Endpoint& stub, const ProxyListening& listening, const core::CancelFlag* cancel);
    /// Closes the debugger's connection. A guest that it had is left as the guest was found.
    ~ProxiedGuest() override;

    /// Where the debugger connects, with the port that was taken.
    const Endpoint& endpoint() const { return m_mux->endpoint(); }
    bool connected() const { return m_mux->connected(); }
    /// Why the last debugger could not be served to the end; empty if it could.
    std::string problem() const { return m_mux->problem(); }
    /// What was turned away; empty: nothing since the last call. See StubMux.
    std::string takeRefusal() { return m_mux->takeRefusal(); }

    /// The debugger's next stop, which does not reach it before passStop(); nullopt if there is none in that
    /// time.
    std::optional<HeldStop> awaitStop(std::chrono::milliseconds time);
    void passStop() { m_mux->passStop(); }

    const StubFacts& facts() const override { return m_facts; }
    const core::CancelFlag* cancelFlag() const override { return m_cancel; }
    StubReader* reader() override { return m_mux.get(); }
    core::Result<std::vector<core::CpuState>> cpus() override;
    core::Result<std::string> monitor(std::string_view command) override;
    core::Result<void> checkStillStopped() override;

private:
    ProxiedGuest(
        const Endpoint& stub, StubFacts facts, std::unique_ptr<StubMux> mux, const core::CancelFlag* cancel);

    WaitLimit questionLimit() const;

    Endpoint m_stub;
    StubFacts m_facts;
    std::unique_ptr<StubMux> m_mux;
    const core::CancelFlag* m_cancel;
    StubCpus m_cpus;
    std::vector<core::CpuState> m_lastCpus;
};

} // namespace pgtscope::gdb
