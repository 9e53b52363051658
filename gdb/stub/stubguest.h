// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gdb/rsp/stubguard.h"
#include "gdb/rsp/stubreader.h"
#include "gdb/stub/stoppedguest.h"
#include "gdb/stub/stubcpus.h"
#include "gdb/stub/stubprobe.h"

namespace pgtscope::gdb {

/// A guest whose stub is asked by us alone, for as long as it takes to read it: no gdb is needed. It is
/// stopped meanwhile. Every way out leaves it as it was found, and so does a process that is killed. For one
/// thread.
class StubGuest final : public StoppedGuest, public StubReader {
public:
    /// `cancel` may be null and must outlive the guest. A guest whose stub does not show whether it ran is
    /// taken to have run.
    static core::Result<std::unique_ptr<StubGuest>> attach(
        const Endpoint& endpoint, const core::CancelFlag* cancel);
    /// Releases the guest, if release() has not been called.
    ~StubGuest() override;

    const StubFacts& facts() const override { return m_facts; }
    const core::CancelFlag* cancelFlag() const override { return m_cancel; }
    StubReader* reader() override { return this; }
    core::Result<std::vector<core::CpuState>> cpus() override;
    core::Result<std::string> monitor(std::string_view command) override;
    core::Result<void> checkStillStopped() override;

    const StubTraits& traits() const override { return m_traits; }
    core::Result<void> read(std::span<StubRead> pieces, const WaitLimit& limit) override;

    /// Leaves the guest as it was found. Nothing else may be called afterwards.
    core::Result<void> release();

private:
    StubGuest(const Endpoint& endpoint, const core::CancelFlag* cancel);
    /// Runs `work` with a StubLine, and remembers what that learnt of the connection.
    WaitLimit questionLimit() const;
    template <typename Work>
    auto speak(const Work& work);

    Endpoint m_endpoint;
    StreamSocket m_socket; ///< Closed: there is nothing to put back, or it has been.
    StubFacts m_facts;
    StubTraits m_traits;
    const core::CancelFlag* m_cancel;
    StubCpus m_cpus;
    std::vector<core::CpuState> m_lastCpus;
    bool m_wasResumed = false; ///< Another client resumed it meanwhile.
    bool m_broken = false; ///< The stub may owe us something: a new connection has to put it right.
    StubGuard m_guard;
};

} // namespace pgtscope::gdb
