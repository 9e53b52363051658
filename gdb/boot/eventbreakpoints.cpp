// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/eventbreakpoints.h"

namespace pgtscope::gdb {

namespace {

constexpr std::uint64_t kernelMap = 0xffffffff80000000; // __START_KERNEL_map, page_64_types.h

/// How often an event stops the guest.
unsigned hitLimit(const core::BootEvent& event) { return event.name.starts_with("alloc_low_page") ? 1 : 8; }

} // namespace

core::Result<void> EventBreakpoints::insert(const std::vector<core::ResolvedEvent>& events)
{
    for (const core::ResolvedEvent& event : events) {
        if (event.event->kind == core::BootEventKind::RootSwitch)
            continue;
        if (auto done = insertOne(*event.event, event.address); !done)
            return done;
        // The first instructions run on an identity mapping, below the addresses they are linked at.
        const bool early = event.event->phase == core::BootPhase::Entry;
        if (early && event.address.value >= kernelMap) {
            const core::LinearAddress identity(event.address.value - kernelMap);
            if (auto done = insertOne(*event.event, identity); !done)
                return done;
        }
    }
    return {};
}

core::Result<void> EventBreakpoints::insertOne(const core::BootEvent& event, core::LinearAddress address)
{
    // Two names of one address stop the guest once, as the first of them.
    if (!m_addresses.insert(address).second)
        return {};
    const auto number = m_target.insertHardwareBreakpoint(address);
    if (!number)
        return tl::unexpected(number.error());
    m_waiting[*number] = {&event, false, 0};
    return {};
}

std::optional<MetEvent> EventBreakpoints::met(unsigned number) const
{
    const auto found = m_waiting.find(number);
    if (found == m_waiting.end())
        return std::nullopt;
    const Waiting& waiting = found->second;
    const bool entered = waiting.event->kind == core::BootEventKind::Return && !waiting.isReturn;
    return MetEvent{waiting.event, entered};
}

core::Result<void> EventBreakpoints::passed(unsigned number)
{
    const auto found = m_waiting.find(number);
    if (found == m_waiting.end())
        return {};
    Waiting& waiting = found->second;
    if (!waiting.isReturn && ++waiting.hits < hitLimit(*waiting.event))
        return {};
    m_waiting.erase(found);
    return m_target.removeBreakpoint(number);
}

core::Result<void> EventBreakpoints::insertReturn(unsigned entry, core::LinearAddress address)
{
    const auto found = m_waiting.find(entry);
    if (found == m_waiting.end())
        return {};
    const auto number = m_target.insertHardwareBreakpoint(address);
    if (!number)
        return tl::unexpected(number.error());
    m_waiting[*number] = {found->second.event, true, 0};
    return {};
}

core::Result<void> EventBreakpoints::removeAll()
{
    for (const auto& [number, waiting] : m_waiting)
        if (auto done = m_target.removeBreakpoint(number); !done)
            return done;
    m_waiting.clear();
    m_addresses.clear();
    return {};
}

} // namespace pgtscope::gdb
