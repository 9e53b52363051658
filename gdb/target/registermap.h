// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <string>

#include "core/base/error.h"
#include "core/paging/registers.h"
#include "gdb/mi/mivalue.h"

namespace pgtscope::gdb {

/// gdb's numbers of the registers that a CpuState is made of, found by name: the numbers depend on the target
/// description that the stub sends.
class RegisterMap {
public:
    /// Reads the results of `-data-list-register-names`. A stub without control registers is an Error.
    static core::Result<RegisterMap> fromNames(const MiValue& results);

    /// `-data-list-register-values` for one of gdb's threads, in hexadecimal.
    std::string command(unsigned thread) const;
    /// Reads the results of command(). A register without a number (gdb prints "<unavailable>") is an Error.
    core::Result<core::CpuState> state(const MiValue& results) const;

private:
    static constexpr std::size_t count = 9;
    std::array<unsigned, count> m_numbers{};
};

} // namespace pgtscope::gdb
