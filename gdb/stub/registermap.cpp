// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/registermap.h"

#include <algorithm>
#include <string_view>

namespace pgtscope::gdb {

core::CpuState cpuStateOf(const std::array<std::uint64_t, cpuRegisterNames.size()>& values)
{
    core::CpuState state;
    state.rip = core::LinearAddress(values[0]);
    state.rsp = core::LinearAddress(values[1]);
    state.rflags = values[2];
    state.cs = static_cast<std::uint16_t>(values[3]);
    state.control = {values[4], values[5], values[6], values[7], values[8]};
    return state;
}

std::string_view wideName(std::string_view name)
{
    return name == "eip" ? "rip" : name == "esp" ? "rsp" : name;
}

core::Error noSuchRegister(std::string_view name)
{
    return {"find the guest's control registers", "the gdbstub does not show \"" + std::string(name) + "\"",
        "connect to the gdbstub of a system emulator for x86"};
}

core::Result<RegisterMap> RegisterMap::fromNames(const MiValue& results, bool controlRegisters)
{
    RegisterMap map;
    map.m_count = controlRegisters ? cpuRegisterNames.size() : generalRegisters;
    const MiValue* list = results.find("register-names");
    for (std::size_t which = 0; which < map.m_count; ++which) {
        if (list == nullptr)
            return tl::unexpected(noSuchRegister(cpuRegisterNames[which]));
        const auto isIt
            = [&](const MiResult& item) { return wideName(item.value.text) == cpuRegisterNames[which]; };
        const auto found = std::find_if(list->items.begin(), list->items.end(), isIt);
        if (found != list->items.end())
            map.m_numbers[which] = static_cast<unsigned>(found - list->items.begin());
        else if (cpuRegisterNames[which] != optionalRegister)
            return tl::unexpected(noSuchRegister(cpuRegisterNames[which]));
    }
    return map;
}

std::string RegisterMap::command(unsigned thread) const
{
    std::string text = "-data-list-register-values --thread " + std::to_string(thread) + " x";
    for (std::size_t which = 0; which < m_count; ++which)
        if (m_numbers[which])
            text += " " + std::to_string(*m_numbers[which]);
    return text;
}

core::Result<core::CpuState> RegisterMap::state(const MiValue& results) const
{
    std::array<std::optional<std::uint64_t>, cpuRegisterNames.size()> found;
    if (const MiValue* list = results.find("register-values"))
        for (const MiResult& item : list->items)
            for (std::size_t which = 0; which < m_count; ++which)
                if (m_numbers[which] && item.value.numberOf("number") == *m_numbers[which])
                    found[which] = item.value.numberOf("value");
    std::array<std::uint64_t, cpuRegisterNames.size()> values{};
    for (std::size_t which = 0; which < m_count; ++which) {
        if (!found[which] && m_numbers[which])
            return core::failure("read the guest's registers",
                "gdb shows no value for " + std::string(cpuRegisterNames[which]));
        values[which] = found[which].value_or(0);
    }
    return cpuStateOf(values);
}

} // namespace pgtscope::gdb
