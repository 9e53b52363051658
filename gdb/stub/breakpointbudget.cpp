// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/breakpointbudget.h"

#include <algorithm>

namespace pgtscope::gdb {

void BreakpointBudget::Taken::add(unsigned number, const Breakpoint& breakpoint)
{
    if (breakpoint.software)
        return;
    if (breakpoint.watch)
        watches.insert(number);
    else
        places.insert(breakpoint.places.begin(), breakpoint.places.end());
}

std::optional<unsigned> BreakpointBudget::room() const
{
    if (!m_slots)
        return std::nullopt;
    Taken asked;
    for (const auto& [number, breakpoint] : m_breakpoints)
        if (breakpoint.wanted && breakpoint.rank == askedRank)
            asked.add(number, breakpoint);
    const unsigned taken = asked.count() + static_cast<unsigned>(m_foreign.size());
    return *m_slots - std::min(*m_slots, taken);
}

unsigned BreakpointBudget::used() const
{
    Taken taken;
    for (const auto& [number, breakpoint] : m_breakpoints)
        if (breakpoint.enabled)
            taken.add(number, breakpoint);
    return taken.count() + static_cast<unsigned>(m_foreign.size());
}

void BreakpointBudget::add(
    unsigned number, std::vector<core::LinearAddress> places, BreakpointRank rank, bool enabled, bool watch)
{
    m_breakpoints[number] = {std::move(places), rank, watch, true, enabled, false};
}

void BreakpointBudget::addSoftware(unsigned number, std::vector<core::LinearAddress> places)
{
    m_breakpoints[number] = {std::move(places), askedRank, false, true, true, true};
}

void BreakpointBudget::setRank(unsigned number, BreakpointRank rank)
{
    if (const auto found = m_breakpoints.find(number); found != m_breakpoints.end())
        found->second.rank = rank;
}

void BreakpointBudget::setWanted(unsigned number, bool wanted)
{
    if (const auto found = m_breakpoints.find(number); found != m_breakpoints.end())
        found->second.wanted = wanted;
}

bool BreakpointBudget::enabled(unsigned number) const
{
    const auto found = m_breakpoints.find(number);
    return found != m_breakpoints.end() && found->second.enabled;
}

void BreakpointBudget::setForeign(unsigned number, bool takesSlot)
{
    if (takesSlot && !owns(number))
        m_foreign.insert(number);
    else
        m_foreign.erase(number);
}

BreakpointBudget::Changes BreakpointBudget::changes(unsigned reserved)
{
    std::vector<std::pair<BreakpointRank, unsigned>> order;
    for (const auto& [number, breakpoint] : m_breakpoints)
        if (breakpoint.wanted)
            order.emplace_back(breakpoint.rank, number);
    std::sort(order.begin(), order.end());
    const unsigned kept = reserved + static_cast<unsigned>(m_foreign.size());
    Taken taken;
    std::set<unsigned> chosen;
    for (const auto& [rank, number] : order) {
        Taken more = taken;
        more.add(number, m_breakpoints[number]);
        if (m_slots && more.count() + kept > *m_slots)
            continue;
        taken = std::move(more);
        chosen.insert(number);
    }
    Changes changes;
    for (auto& [number, breakpoint] : m_breakpoints) {
        const bool enabled = chosen.contains(number);
        if (enabled != breakpoint.enabled)
            (enabled ? changes.on : changes.off).push_back(number);
        breakpoint.enabled = enabled;
    }
    return changes;
}

} // namespace pgtscope::gdb
