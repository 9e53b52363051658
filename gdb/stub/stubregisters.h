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

/// Where a stub has the registers that a CpuState is made of, from its target description (gdb manual,
/// "Target Descriptions"), and their values without gdb.
class StubRegisters {
public:
    /// Gives a document of the description by its name.
    using Fetch = std::function<core::Result<std::string>(std::string_view name)>;
    /// Reads target.xml and what it includes. A stub without control registers is an Error.
    static core::Result<StubRegisters> describe(const Fetch& fetch);
    /// The same, asked of the stub.
    static core::Result<StubRegisters> describe(StubLine& line, const WaitLimit& limit);

    /// Of the thread that the stub has chosen (`Hg`). Asks for all registers at once (`g`): under KVM, QEMU
    /// answers for a single one (`p`) with what it was at the last `g`.
    core::Result<core::CpuState> state(StubLine& line, const WaitLimit& limit) const;

private:
    /// One register: its number, and its bytes in the reply to `g`.
    struct Place {
        unsigned number = 0;
        std::size_t offset = 0;
        std::size_t bytes = 0;
    };
    core::Result<std::uint64_t> valueOf(
        std::size_t which, std::string_view all, StubLine& line, const WaitLimit& limit) const;

    std::array<Place, cpuRegisterNames.size()> m_places{};
};

} // namespace pgtscope::gdb
