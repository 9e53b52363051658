// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <QTemporaryDir>

#include "gdb/net/serversocket.h"
#include "gdb/net/streamsocket.h"

namespace pgtscope::test {

struct KvmStubTraits {
    unsigned debugRegisters = 4; ///< Debug registers, for Z1 to Z4 together.
    bool saysKvm = true; ///< The monitor's "info kvm" says so.
    bool stalePs = true; ///< `p` answers what it answered before the guest ran, until there was a `g`.
};

/// Stands between a client and a gdbstub of QEMU's under TCG, and makes it behave as under KVM: one debug
/// register too many is refused with E22 (kvm_arch_insert_hw_breakpoint: -ENOBUFS), and a single register is
/// read without the vCPU's state being fetched first (gdbstub's handle_get_reg, unlike handle_read_all_regs,
/// does not synchronise). Serves one client after the other, on a thread of its own.
class KvmStub {
public:
    explicit KvmStub(gdb::Endpoint stub, KvmStubTraits traits = {});
    ~KvmStub();
    KvmStub(const KvmStub&) = delete;
    KvmStub& operator=(const KvmStub&) = delete;

    const gdb::Endpoint& endpoint() const { return m_server.endpoint(); }
    unsigned maxSlotsUsed() const { return m_peak; }
    unsigned refusals() const { return m_refusals; }
    unsigned staleAnswers() const { return m_stale; }
    /// Software breakpoints that were set, and those that are set now.
    unsigned softwareEver() const { return m_softwareEver; }
    unsigned softwareNow() const { return m_softwareNow; }

private:
    class Conversation;

    QTemporaryDir m_directory;
    gdb::Endpoint m_stub;
    KvmStubTraits m_traits;
    gdb::ServerSocket m_server;
    std::atomic<bool> m_ending{false};
    std::atomic<unsigned> m_peak{0};
    std::atomic<unsigned> m_refusals{0};
    std::atomic<unsigned> m_stale{0};
    std::atomic<unsigned> m_softwareEver{0};
    std::atomic<unsigned> m_softwareNow{0};
    std::thread m_thread;
};

} // namespace pgtscope::test
