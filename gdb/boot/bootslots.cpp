// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/bootslots.h"

#include <algorithm>
#include <string>

namespace pgtscope::gdb {

void BootSlots::begin(const core::ResolvedEvents& events, unsigned cpu, bool fromTheStart, bool soft)
{
    if (!limited())
        return;
    if (!fromTheStart)
        m_position.last = reachedEvent(m_session, events.available, cpu);
    std::string text = "this guest takes " + std::to_string(*m_session.target().budget().limit())
        + " hardware breakpoints and watchpoints in all: "
        + (soft ? "from the kernel's first C code to "
                    + std::string(core::firstEventWith(core::PgtBufEffect::Freed).name)
                    + " events have software breakpoints; before and after, they"
                : std::string("they"))
        + " are moved from event to event, and until the last event these are not watched: a reset of the "
          "machine";
    for (const core::ResolvedEvent& event : events.available)
        if (event.event->dies && !soft)
            text += ", " + std::string(event.event->name);
    m_session.target().remark(text);
}

/// An event before this one that had no breakpoint may have been missed.
void BootSlots::met(const core::BootEvent& event)
{
    const std::size_t place = core::placeOf(event);
    using Flavour = core::KernelFlavour;
    if (event.flavour == Flavour::Bits64 || event.flavour == Flavour::XenPv)
        m_position.underXen = event.flavour == Flavour::XenPv;
    const Target& target = m_session.target();
    for (const WaitingBreakpoint& one : waiting()) {
        const bool between = (!m_position.last || one.place > *m_position.last) && one.place < place;
        if (limited() && between && !one.met && !one.idle && canCome(one, m_position)
            && !target.budget().enabled(one.number))
            target.remark("no breakpoint was free for " + std::string(core::bootEvents()[one.place].name)
                + ", which may have passed unseen");
    }
    // Up to v3.8 a kernel is on its final root from its first instructions on: a switch is no milestone.
    if (event.kind != core::BootEventKind::RootSwitch)
        m_position.last = std::max(m_position.last.value_or(0), place);
}

void BootSlots::saw(const core::Snapshot& snapshot)
{
    if (snapshot.xen() != nullptr)
        m_position.underXen = true;
}

std::vector<WaitingBreakpoint> BootSlots::waiting() const
{
    auto all = m_events.waiting(m_allocations.idleEntry(), m_position.last.has_value());
    const auto switches = m_switches.waiting();
    all.insert(all.end(), switches.begin(), switches.end());
    return all;
}

void BootSlots::rank()
{
    Target& target = m_session.target();
    const auto room = target.budget().room();
    if (!room)
        return;
    const auto all = waiting();
    for (const WaitingBreakpoint& one : all)
        target.rankBreakpoint(one.number, lastRank);
    BreakpointRank rank = askedRank;
    for (const unsigned number : breakpointOrder(all, m_position, *room))
        target.rankBreakpoint(number, ++rank);
}

} // namespace pgtscope::gdb
