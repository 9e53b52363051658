// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/paging/registers.h"
#include "gdb/rsp/stubline.h"
#include "gdb/stub/registermap.h"

namespace pgtscope::gdb {

/// The stub's numbers of the registers that a CpuState is made of, from its target description (gdb manual,
/// "Target Descriptions"), and their values without gdb.
class StubRegisters {
public:
    /// Gives a document of the description by its name.
    using Fetch = std::function<core::Result<std::string>(std::string_view name)>;
    /// Reads target.xml and what it includes. A stub without control registers is an Error.
    static core::Result<StubRegisters> describe(const Fetch& fetch);
    /// The same, asked of the stub.
    static core::Result<StubRegisters> describe(StubLine& line, const WaitLimit& limit);

    /// Of the thread that the stub has chosen (`Hg`).
    core::Result<core::CpuState> state(StubLine& line, const WaitLimit& limit) const;

private:
    std::array<unsigned, cpuRegisterNames.size()> m_numbers{};
};

} // namespace pgtscope::gdb
