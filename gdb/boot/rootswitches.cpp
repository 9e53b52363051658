// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/rootswitches.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/numbers.h"
#include "core/walk/translation.h"

namespace pgtscope::gdb {

namespace {

constexpr std::size_t maxPlaces = 32;
constexpr unsigned maxHits = 16;
constexpr core::BootPhase lastPhase
    = core::BootPhase::Setup; ///< In whose functions CR3 is set for a new root.
/// In bytes; startup_64 goes on after labels that are symbols.
constexpr std::uint64_t entryCode = 2U << 10U;
constexpr std::uint64_t maxFunction = 16U << 10U;
/// Functions that are nothing but a write of CR3, where they are not inlined, and how long they are at most.
constexpr std::array<std::string_view, 2> rootWriters{"native_write_cr3", "load_cr3"};
constexpr std::uint64_t rootWriterBytes = 32;

std::string changeText(core::PhysicalAddress root) { return "CR3 changed to " + core::hexText(root.value); }

} // namespace

std::vector<std::size_t> behindRootWrites(std::span<const std::byte> code)
{
    std::vector<std::size_t> offsets;
    for (std::size_t i = 0; i + 3 <= code.size(); ++i) {
        // ModRM: mod = 11, reg = 3 (CR3), any general register; a REX prefix precedes the 0F.
        const bool writes = code[i] == std::byte{0x0f} && code[i + 1] == std::byte{0x22}
            && (code[i + 2] & std::byte{0xf8}) == std::byte{0xd8};
        if (writes)
            offsets.push_back(i + 3);
    }
    return offsets;
}

std::uint64_t RootSwitches::bytesOfFunction(core::LinearAddress begin) const
{
    const auto& symbols = m_session.symbols().symbols();
    const core::LinearAddress linked(begin.value - m_session.symbols().slide());
    const auto next = std::upper_bound(symbols.begin(), symbols.end(), linked,
        [](core::LinearAddress a, const core::Symbol& s) { return a < s.address; });
    return next == symbols.end() ? entryCode : std::min(next->address - linked, maxFunction);
}

core::Result<void> RootSwitches::lookIn(const core::BootEvent& event, const core::Snapshot& snapshot)
{
    const bool early = event.phase <= lastPhase && event.kind == core::BootEventKind::Function;
    if (!early || !snapshot.paging().enabled())
        return {};
    const core::LinearAddress rip = snapshot.cpu().rip;
    const std::size_t place = nextSwitch(event);
    if (event.phase == core::BootPhase::EntryCode)
        return lookAt(rip, entryCode, place, snapshot);
    if (!std::exchange(m_knowsWriters, true))
        for (const std::string_view writer : rootWriters)
            if (const auto at = m_session.symbols().find(writer))
                RETURN_IF_ERROR(lookAt(*at, rootWriterBytes, place, snapshot));
    return lookAt(rip, bytesOfFunction(rip), place, snapshot);
}

/// The first one after the event that this kernel has a symbol for; the event's own place without one.
std::size_t RootSwitches::nextSwitch(const core::BootEvent& event) const
{
    const auto events = core::bootEvents();
    for (std::size_t place = core::placeOf(event); place < events.size(); ++place)
        if (events[place].kind == core::BootEventKind::RootSwitch)
            for (const std::string_view symbol : events[place].symbols)
                if (!symbol.empty() && m_session.symbols().find(symbol))
                    return place;
    return core::placeOf(event);
}

core::Result<void> RootSwitches::lookAt(
    core::LinearAddress begin, std::uint64_t bytes, std::size_t catalogued, const core::Snapshot& snapshot)
{
    std::vector<std::byte> code(bytes);
    // Code that is not mapped as a whole is looked at no further: the switch shows at the next stop.
    if (!core::readLinear(snapshot, m_session.memory(), begin, code))
        return {};
    for (const std::size_t offset : behindRootWrites(code)) {
        const core::LinearAddress place = begin + offset;
        if (m_places.size() == maxPlaces || !m_places.insert(place).second)
            continue;
        ASSIGN_OR_RETURN(const auto number, m_session.target().insertHardwareBreakpoint(place, lastRank));
        m_found.emplace(number, Found{place, catalogued, 0});
    }
    return {};
}

core::Result<void> RootSwitches::passed(unsigned number)
{
    const auto found = m_found.find(number);
    if (found == m_found.end() || ++found->second.hits < maxHits)
        return {};
    m_found.erase(found);
    return m_session.target().removeBreakpoint(number);
}

core::Result<void> RootSwitches::begin(core::BootPhase phase)
{
    if (phase <= lastPhase)
        return {};
    for (const auto& [number, found] : m_found)
        RETURN_IF_ERROR(m_session.target().removeBreakpoint(number));
    m_found.clear();
    return {};
}

void RootSwitches::read(BootState& state) const
{
    for (const auto& [number, found] : m_found)
        state.switches.push_back({found.address, found.place, found.hits});
    state.switchPlaces.assign(m_places.begin(), m_places.end());
    state.knowsWriters = m_knowsWriters;
}

core::Result<void> RootSwitches::resume(const BootState& state)
{
    for (const BootState::Switch& one : state.switches) {
        ASSIGN_OR_RETURN(
            const auto number, m_session.target().insertHardwareBreakpoint(one.address, lastRank));
        m_found.emplace(number, Found{one.address, static_cast<std::size_t>(one.place), one.hits});
    }
    m_places = {state.switchPlaces.begin(), state.switchPlaces.end()};
    m_knowsWriters = state.knowsWriters;
    return {};
}

std::vector<WaitingBreakpoint> RootSwitches::waiting() const
{
    std::vector<WaitingBreakpoint> result;
    for (const auto& [number, found] : m_found) {
        // Where the instruction is found in one place only it surely is this switch.
        const bool only
            = std::count_if(m_found.begin(), m_found.end(),
                  [place = found.place](const auto& other) { return other.second.place == place; })
            == 1;
        result.push_back({number, found.place, found.hits > 0, only, false});
    }
    return result;
}

void RootChanges::note(const core::ResolvedEvents& events, const core::Snapshot& snapshot)
{
    const auto before = std::exchange(m_root, snapshot.root());
    m_paged = snapshot.paging().enabled();
    if (!before)
        m_taken = m_root;
    const core::BootEvent* event
        = before && *before != *m_root && m_paged ? rootEvent(events, snapshot) : nullptr;
    if (!event)
        return;
    m_named = m_root;
    m_text += (m_text.empty() ? "" : "; ") + changeText(*m_root) + " (" + std::string(event->name) + ")";
}

std::string RootChanges::take()
{
    if (m_paged && m_root != m_taken && m_root != m_named)
        m_text += (m_text.empty() ? "" : "; ") + changeText(*m_root);
    m_taken = m_root;
    m_named.reset();
    return std::exchange(m_text, {});
}

const core::BootEvent* rootEvent(const core::ResolvedEvents& events, const core::Snapshot& snapshot)
{
    for (const core::ResolvedEvent& event : events.available) {
        if (event.event->kind != core::BootEventKind::RootSwitch)
            continue;
        const auto at = core::translate(snapshot, event.address);
        if (at.end == core::TranslationEnd::Mapped && at.physical == snapshot.root())
            return event.event;
    }
    return nullptr;
}

} // namespace pgtscope::gdb
