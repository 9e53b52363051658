// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "gdb/stub/stubregisters.h"

namespace pgtscope::gdb {

/// The processors of a guest, asked of its stub without gdb. What the stub describes of its registers is
/// asked once.
class StubCpus {
public:
    /// State of every vCPU, by number. With several of them another thread is chosen (`Hg`) afterwards than
    /// before: see choose().
    core::Result<std::vector<core::CpuState>> read(StubLine& line, const WaitLimit& limit);
    /// Makes the stub look at that thread, "p01.01".
    static core::Result<void> choose(StubLine& line, const std::string& thread, const WaitLimit& limit);

private:
    std::optional<StubRegisters> m_registers;
};

} // namespace pgtscope::gdb
