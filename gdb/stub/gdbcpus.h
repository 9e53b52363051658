// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/paging/registers.h"
#include "gdb/stub/gdblink.h"
#include "gdb/stub/registermap.h"

namespace pgtscope::gdb {

/// The guest's vCPUs as gdb knows them: threads with registers. For one thread.
class GdbCpus {
public:
    /// Both outlive this object.
    GdbCpus(GdbLink& link, const StubFacts& facts)
        : m_link(link)
        , m_facts(facts)
    {
    }

    /// Asks for the names of the registers: first of all.
    core::Result<void> learnRegisters();
    /// State of every vCPU, by number.
    core::Result<std::vector<core::CpuState>> read();
    /// gdb's thread of a vCPU.
    core::Result<unsigned> threadOf(unsigned cpu);
    /// The vCPU of a thread of gdb's; 0 if there is no such thread.
    core::Result<unsigned> cpuOf(unsigned thread);
    /// The threads may be others from now on.
    void forgetThreads() { m_cpuOfThread.reset(); }

private:
    core::Result<void> readThreads();
    core::Result<void> knowThreads() { return m_cpuOfThread ? core::Result<void>() : readThreads(); }

    GdbLink& m_link;
    const StubFacts& m_facts;
    std::optional<RegisterMap> m_registers;
    std::optional<std::map<unsigned, unsigned>> m_cpuOfThread; ///< By gdb's thread; nullopt: not asked yet.
};

} // namespace pgtscope::gdb
