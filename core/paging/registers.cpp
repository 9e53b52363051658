// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/paging/registers.h"

#include "core/base/numbers.h"

namespace pgtscope::core {

LinearAddress CpuState::codeAddress() const
{
    if (!usesSegments())
        return rip;
    const std::uint64_t ip = rip.value & 0xffff;
    const bool reset = (control.cr0 & cr0Pe) == 0 && cs == 0xf000 && ip == 0xfff0;
    return LinearAddress((reset ? 0xffff0000 : std::uint64_t{cs} << 4) + ip);
}

std::string CpuState::codeAddressText() const
{
    if (!usesSegments())
        return hexText(rip.value);
    std::string text;
    appendHex(text, cs, 4);
    text += ':';
    appendHex(text, rip.value & 0xffff, 4);
    return text + " (linear " + hexText(codeAddress().value) + ')';
}

} // namespace pgtscope::core
