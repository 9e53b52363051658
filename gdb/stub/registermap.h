// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/paging/registers.h"
#include "gdb/mi/mivalue.h"

namespace pgtscope::gdb {

/// The registers that a CpuState is made of, as a target description names them (QEMU
/// gdb-xml/i386-64bit.xml).
inline constexpr std::array<std::string_view, 9> cpuRegisterNames{
    "rip", "rsp", "eflags", "cs", "cr0", "cr2", "cr3", "cr4", "efer"};
/// A processor without long mode need not have it: it reads as 0.
inline constexpr std::string_view optionalRegister = "efer";
/// What a register of a 32-bit target is called in a 64-bit one: "eip" is "rip" (QEMU
/// gdb-xml/i386-32bit.xml, which qemu-system-i386 describes its processor by).
std::string_view wideName(std::string_view name);
/// The first of them are no control registers.
inline constexpr std::size_t generalRegisters = 4;
/// `values` are in the order of cpuRegisterNames.
core::CpuState cpuStateOf(const std::array<std::uint64_t, cpuRegisterNames.size()>& values);
/// What to say of a stub that lacks one of them.
core::Error noSuchRegister(std::string_view name);

/// gdb's numbers of the registers that a CpuState is made of, found by name: the numbers depend on the target
/// description that the stub sends.
class RegisterMap {
public:
    /// Reads the results of `-data-list-register-names`. A stub without control registers is an Error, unless
    /// they are not asked for: they are 0 then.
    static core::Result<RegisterMap> fromNames(const MiValue& results, bool controlRegisters = true);

    /// `-data-list-register-values` for one of gdb's threads, in hexadecimal.
    std::string command(unsigned thread) const;
    /// Reads the results of command(). A register without a number (gdb prints "<unavailable>") is an Error.
    core::Result<core::CpuState> state(const MiValue& results) const;

private:
    std::array<std::optional<unsigned>, cpuRegisterNames.size()> m_numbers{};
    std::size_t m_count = cpuRegisterNames.size(); ///< Of those that the stub shows, from the first on.
};

} // namespace pgtscope::gdb
