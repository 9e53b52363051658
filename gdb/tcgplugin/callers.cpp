// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/tcgplugin/callers.h"

#include <utility>

namespace pgtscope::writes {

void Callers::enter(const Setter& setter, std::uint64_t returnsTo, bool returnsIntoSetter)
{
    const Transfer last = std::exchange(m_last, {});
    const bool leadsHere = last.seen && last.to == setter.begin;
    // A jump at the end of a function leaves its caller's return address on the stack: where code says that
    // it leads here it is believed first.
    if (leadsHere && last.withinSetter)
        return;
    if (leadsHere) {
        m_caller = last.from;
        return;
    }
    if (returnsTo != 0) {
        // The call itself, not what follows it: that may be another function.
        if (!returnsIntoSetter)
            m_caller = returnsTo - 1;
        return;
    }
    if (last.seen && last.to == 0 && last.withinSetter)
        return;
    m_caller = last.seen && last.to == 0 ? last.from : 0;
}

} // namespace pgtscope::writes
