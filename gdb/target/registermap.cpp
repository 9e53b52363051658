// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/target/registermap.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace pgtscope::gdb {

namespace {

// Names of the target description (QEMU gdb-xml/i386-64bit.xml), in the order in which state() stores them.
constexpr std::array<std::string_view, 9> names{
    "rip", "rsp", "eflags", "cs", "cr0", "cr2", "cr3", "cr4", "efer"};

} // namespace

core::Result<RegisterMap> RegisterMap::fromNames(const MiValue& results)
{
    RegisterMap map;
    const MiValue* list = results.find("register-names");
    for (std::size_t which = 0; which < names.size(); ++which) {
        const auto isIt = [&](const MiResult& item) { return item.value.text == names[which]; };
        if (list == nullptr || std::none_of(list->items.begin(), list->items.end(), isIt))
            return core::failure("find the guest's control registers",
                "the gdbstub does not show \"" + std::string(names[which]) + "\"",
                "connect to the gdbstub of a system emulator for x86-64");
        const auto found = std::find_if(list->items.begin(), list->items.end(), isIt);
        map.m_numbers[which] = static_cast<unsigned>(found - list->items.begin());
    }
    return map;
}

std::string RegisterMap::command(unsigned thread) const
{
    std::string text = "-data-list-register-values --thread " + std::to_string(thread) + " x";
    for (unsigned number : m_numbers)
        text += " " + std::to_string(number);
    return text;
}

core::Result<core::CpuState> RegisterMap::state(const MiValue& results) const
{
    std::array<std::optional<std::uint64_t>, count> values;
    if (const MiValue* list = results.find("register-values"))
        for (const MiResult& item : list->items)
            for (std::size_t which = 0; which < count; ++which)
                if (item.value.numberOf("number") == m_numbers[which])
                    values[which] = item.value.numberOf("value");
    for (std::size_t which = 0; which < count; ++which)
        if (!values[which])
            return core::failure(
                "read the guest's registers", "gdb shows no value for " + std::string(names[which]));
    core::CpuState state;
    state.rip = core::LinearAddress(*values[0]);
    state.rsp = core::LinearAddress(*values[1]);
    state.rflags = *values[2];
    state.cs = static_cast<std::uint16_t>(*values[3]);
    state.control = {*values[4], *values[5], *values[6], *values[7], *values[8]};
    return state;
}

} // namespace pgtscope::gdb
