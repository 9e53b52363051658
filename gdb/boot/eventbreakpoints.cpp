// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/eventbreakpoints.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace pgtscope::gdb {

namespace {

const core::BootEvent& eventOf(const MetEvent& met) { return met.event ? *met.event : *met.atReturn; }

bool startsWith(std::span<const std::byte> code, std::initializer_list<unsigned> bytes)
{
    return code.size() >= bytes.size()
        && std::equal(bytes.begin(), bytes.end(), code.begin(),
            [](unsigned wanted, std::byte is) { return std::byte(wanted) == is; });
}

} // namespace

core::LinearAddress behindPatchedCode(
    core::LinearAddress function, std::span<const std::byte> code, std::optional<core::LinearAddress> fentry)
{
    constexpr std::size_t bytes = 5; // of the call and of the NOP (arch/x86/include/asm/nops.h)
    const std::size_t begin = startsWith(code, {0xf3, 0x0f, 0x1e, 0xfa}) ? 4 : 0; // ENDBR64
    const auto rest = code.subspan(begin);
    bool patched = startsWith(rest, {0x0f, 0x1f, 0x44, 0x00, 0x00});
    if (startsWith(rest, {0xe8}) && rest.size() >= bytes && fentry) {
        std::int32_t distance = 0;
        std::memcpy(&distance, rest.data() + 1, sizeof distance);
        patched = function.value + begin + bytes + static_cast<std::uint64_t>(std::int64_t{distance})
            == fentry->value;
    }
    return function + (patched ? begin + bytes : begin);
}

core::Result<void> EventBreakpoints::insert(
    const std::vector<core::ResolvedEvent>& events, bool fromTheStart, std::uint64_t entryShift)
{
    m_entryShift = entryShift;
    notePhases(events);
    // A limit that the stub does not state has to show before the guest runs: most are inserted at once.
    if (!m_target.knowsBreakpointLimit())
        m_begins.erase(m_begins.begin(), m_begins.lower_bound(core::BootPhase::Running));
    if (fromTheStart && !m_begins.empty())
        m_until = *m_begins.begin();
    m_later.clear();
    for (const core::ResolvedEvent& event : events)
        if (event.event->kind != core::BootEventKind::RootSwitch)
            m_later.push_back(event);
    return insertDue();
}

void EventBreakpoints::notePhases(const std::vector<core::ResolvedEvent>& events)
{
    for (const core::ResolvedEvent& event : events) {
        if (!event.event->begins)
            continue;
        m_begins.insert(*event.event->begins);
        m_hasXenEntry = m_hasXenEntry || event.event->flavour == core::KernelFlavour::XenPv;
    }
}

/// A kernel dies in C code at the earliest. What begins a phase waits for the phase before the last one:
/// should one beginning pass unseen, the next is met.
bool EventBreakpoints::isDue(const core::BootEvent& event) const
{
    if (!m_until)
        return true;
    const core::BootPhase phase = event.dies ? core::BootPhase::EarlyC : event.phase;
    const auto next = m_begins.upper_bound(*m_until);
    return phase < *m_until || (event.begins && (next == m_begins.end() || *event.begins <= *next));
}

core::Result<void> EventBreakpoints::insertDue()
{
    for (const core::ResolvedEvent& event : std::exchange(m_later, {})) {
        if (!isDue(*event.event))
            m_later.push_back(event);
        else
            RETURN_IF_ERROR(insertNow(event));
    }
    return {};
}

core::Result<void> EventBreakpoints::insertNow(const core::ResolvedEvent& event)
{
    // The first instructions run on an identity mapping, below the addresses they are linked at.
    const bool twice
        = event.event->phase == core::BootPhase::EntryCode && event.address.value >= m_entryShift;
    RETURN_IF_ERROR(insertOne(event, event.address, twice));
    return twice ? insertOne(event, core::LinearAddress(event.address.value - m_entryShift))
                 : core::Result<void>{};
}

core::Result<void> EventBreakpoints::begin(const core::BootEvent& by)
{
    const core::BootPhase phase = *by.begins;
    // Not entered where Xen enters it: there is none. Under Xen a kernel shares functions with the others.
    const bool native
        = m_hasXenEntry && phase <= core::BootPhase::EarlyC && by.flavour != core::KernelFlavour::XenPv;
    const auto isOver = [&](const core::BootEvent& event) {
        return (native && event.flavour == core::KernelFlavour::XenPv)
            || (!event.dies && event.lasts.value_or(event.phase) < phase);
    };
    std::vector<unsigned> over;
    for (const auto& [number, waiting] : m_waiting)
        if (isOver(eventOf(waiting.met)))
            over.push_back(number);
    for (const unsigned number : over)
        RETURN_IF_ERROR(remove(number));
    std::erase_if(m_spent, [&](const auto& event) { return isOver(*event.event); });
    std::erase_if(m_later, [&](const auto& event) { return isOver(*event.event); });
    const auto next = m_begins.upper_bound(phase);
    m_until = next == m_begins.end() ? std::nullopt : std::optional(*next);
    return insertDue();
}

core::Result<void> EventBreakpoints::beginAt(core::LinearAddress rip)
{
    const auto number = at(rip);
    const auto there = number ? met(*number) : std::nullopt;
    return there && there->event && there->event->begins ? begin(*there->event) : core::Result<void>();
}

EventBreakpoints::Waiting* EventBreakpoints::waitingAt(core::LinearAddress address)
{
    const auto found = std::find_if(m_waiting.begin(), m_waiting.end(), [address](const auto& entry) {
        return entry.second.address == address && !entry.second.met.returned;
    });
    return found == m_waiting.end() ? nullptr : &found->second;
}

core::Result<void> EventBreakpoints::insertOne(
    const core::ResolvedEvent& event, core::LinearAddress address, bool spare)
{
    const bool isReturn = event.event->kind == core::BootEventKind::Return;
    Waiting* waiting = waitingAt(address);
    if (!waiting) {
        Waiting fresh;
        fresh.address = address;
        fresh.spare = spare;
        ASSIGN_OR_RETURN(const auto number, insertAt(fresh));
        waiting = &m_waiting.insert_or_assign(number, fresh).first->second;
    }
    // Two names of one address stop the guest once, as the first of them.
    const core::BootEvent*& place = isReturn ? waiting->met.atReturn : waiting->met.event;
    if (!place)
        place = event.event;
    return {};
}

/// gdb takes a stop one byte behind a software breakpoint for one at it, and sets the PC back (infrun.c,
/// adjust_pc_after_break).
bool EventBreakpoints::hasNeighbour(core::LinearAddress place) const
{
    return std::any_of(m_waiting.begin(), m_waiting.end(),
        [place](const auto& one) { return one.second.place == place + 1 || place == one.second.place + 1; });
}

/// By software where that is asked for and possible, else by hardware.
core::Result<unsigned> EventBreakpoints::insertAt(Waiting& waiting)
{
    waiting.place = waiting.address;
    waiting.software = false;
    std::array<std::byte, 16> code{};
    if (m_code && m_code(waiting.address, code)) {
        const core::LinearAddress place = behindPatchedCode(waiting.address, code, m_fentry);
        if (hasNeighbour(place))
            return m_target.insertHardwareBreakpoint(waiting.address, lastRank);
        if (const auto number = m_target.insertSoftwareBreakpoint(place)) {
            waiting.place = place;
            waiting.software = true;
            return number;
        }
    }
    return m_target.insertHardwareBreakpoint(waiting.address, lastRank);
}

core::Result<void> EventBreakpoints::soften(ReadCode code, std::optional<core::LinearAddress> fentry)
{
    m_code = std::move(code);
    m_fentry = fentry;
    std::vector<std::pair<unsigned, Waiting>> hard;
    for (const auto& one : m_waiting)
        if (!one.second.met.returned && !one.second.inlined && !one.second.spare
            && eventOf(one.second.met).phase != core::BootPhase::EntryCode)
            hard.push_back(one);
    for (auto& [number, waiting] : hard) {
        RETURN_IF_ERROR(remove(number));
        ASSIGN_OR_RETURN(const auto other, insertAt(waiting));
        m_waiting[other] = waiting;
    }
    return {};
}

core::Result<void> EventBreakpoints::harden()
{
    m_code = nullptr;
    std::vector<std::pair<unsigned, Waiting>> soft;
    for (const auto& one : m_waiting)
        if (one.second.software)
            soft.push_back(one);
    for (auto& [number, waiting] : soft) {
        RETURN_IF_ERROR(remove(number));
        ASSIGN_OR_RETURN(const auto other, insertAt(waiting));
        m_waiting[other] = waiting;
    }
    return {};
}

core::Result<void> EventBreakpoints::insertInlined(core::ResolvedEvents& events)
{
    for (auto missing = events.missing.begin(); missing != events.missing.end();) {
        const core::BootEvent& event = *missing->event;
        std::vector<core::LinearAddress> places;
        std::optional<unsigned> number;
        std::string_view symbol;
        // Where an inlined function ends is no one place, so that its return cannot be an event.
        if (event.oftenInlined && event.kind == core::BootEventKind::Function) {
            for (const std::string_view name : event.symbols) {
                if (name.empty() || number)
                    continue;
                // gdb answers with an error where it knows no such function either.
                if (const auto inserted = m_target.insertFunctionBreakpoint(name, places, lastRank)) {
                    number = *inserted;
                    symbol = name;
                }
            }
        }
        if (!number || places.empty()) {
            ++missing;
            continue;
        }
        Waiting waiting{{&event, nullptr, false}, places.front(), places.front()};
        waiting.inlined = true;
        m_waiting[*number] = waiting;
        const auto behind = std::find_if(events.available.begin(), events.available.end(),
            [&event](const core::ResolvedEvent& other) { return other.event > &event; });
        events.available.insert(behind, {&event, symbol, places.front()});
        missing = events.missing.erase(missing);
    }
    return {};
}

std::optional<MetEvent> EventBreakpoints::met(unsigned number) const
{
    const auto found = m_waiting.find(number);
    return found == m_waiting.end() ? std::nullopt : std::optional(found->second.met);
}

std::optional<unsigned> EventBreakpoints::at(core::LinearAddress address) const
{
    const auto found = std::find_if(m_waiting.begin(), m_waiting.end(),
        [address](const auto& entry) { return entry.second.place == address; });
    return found == m_waiting.end() ? std::nullopt : std::optional(found->first);
}

std::optional<unsigned> EventBreakpoints::allocator() const
{
    const auto found = std::find_if(m_waiting.begin(), m_waiting.end(), [](const auto& entry) {
        const core::BootEvent* event = entry.second.met.event;
        return event && event->pgtBuf == core::PgtBufEffect::Allocator;
    });
    return found == m_waiting.end() ? std::nullopt : std::optional(found->first);
}

void EventBreakpoints::seen(unsigned number)
{
    if (const auto found = m_waiting.find(number); found != m_waiting.end())
        ++found->second.hits;
}

core::Result<void> EventBreakpoints::passed(unsigned number)
{
    const auto found = m_waiting.find(number);
    if (found == m_waiting.end())
        return {};
    Waiting& waiting = found->second;
    if (!waiting.met.returned && ++waiting.hits < eventOf(waiting.met).reports)
        return {};
    // Entry code that was met where it is mapped one to one is not met again where it was linked.
    std::vector<unsigned> over{number};
    for (const auto& [other, twin] : m_waiting)
        if (other != number && !waiting.met.returned && !twin.met.returned && twin.met.event
            && twin.met.event == waiting.met.event)
            over.push_back(other);
    if (!waiting.met.returned && eventOf(waiting.met).mayFail)
        m_spent.push_back({&eventOf(waiting.met), {}, waiting.address});
    for (const unsigned one : over)
        RETURN_IF_ERROR(remove(one));
    return {};
}

core::Result<void> EventBreakpoints::rearm()
{
    for (const core::ResolvedEvent& event : std::exchange(m_spent, {})) {
        RETURN_IF_ERROR(insertNow(event));
        if (Waiting* waiting = waitingAt(event.address))
            waiting->hits = event.event->reports - 1;
    }
    return {};
}

core::Result<void> EventBreakpoints::remove(unsigned number)
{
    return m_waiting.erase(number) == 0 ? core::Result<void>() : m_target.removeBreakpoint(number);
}

std::vector<WaitingBreakpoint> EventBreakpoints::waiting(std::optional<unsigned> idle, bool begun) const
{
    std::vector<WaitingBreakpoint> result;
    for (const auto& [number, waiting] : m_waiting) {
        if (waiting.met.returned)
            continue;
        const core::BootEvent& event = eventOf(waiting.met);
        result.push_back({number, core::placeOf(event), waiting.hits > 0, event.everyBoot,
            (waiting.spare && begun) || number == idle});
    }
    return result;
}

core::Result<void> EventBreakpoints::insertReturn(unsigned entry, core::LinearAddress address)
{
    const auto found = m_waiting.find(entry);
    if (found == m_waiting.end() || !found->second.met.atReturn)
        return {};
    const core::BootEvent* event = found->second.met.atReturn;
    ASSIGN_OR_RETURN(const auto number, m_target.insertHardwareBreakpoint(address));
    m_waiting[number] = {{event, nullptr, true}, address, address};
    return {};
}

bool EventBreakpoints::read(BootState& state) const
{
    const auto nameOf
        = [](const core::BootEvent* event) { return std::string(event ? event->name : std::string_view()); };
    for (const auto& [number, waiting] : m_waiting) {
        if (waiting.met.returned || waiting.software)
            return false;
        state.waiting.push_back({nameOf(waiting.met.event), nameOf(waiting.met.atReturn), waiting.address,
            waiting.hits, waiting.spare});
    }
    for (const core::ResolvedEvent& event : m_later)
        state.later.emplace_back(event.event->name);
    for (const core::ResolvedEvent& event : m_spent)
        state.spent.push_back({nameOf(event.event), {}, event.address});
    return true;
}

core::Result<void> EventBreakpoints::resume(
    const std::vector<core::ResolvedEvent>& events, const BootState& state, std::uint64_t entryShift)
{
    m_entryShift = entryShift;
    for (const BootState::Event& one : state.waiting) {
        ASSIGN_OR_RETURN(const auto number, m_target.insertHardwareBreakpoint(one.address, lastRank));
        m_waiting[number] = {{core::findBootEvent(one.event), core::findBootEvent(one.atReturn), false},
            one.address, one.address, one.hits, one.spare};
    }
    for (const BootState::Event& one : state.spent)
        if (const core::BootEvent* event = core::findBootEvent(one.event))
            m_spent.push_back({event, {}, one.address});
    notePhases(events);
    for (const core::ResolvedEvent& event : events)
        if (std::find(state.later.begin(), state.later.end(), event.event->name) != state.later.end())
            m_later.push_back(event);
    return {};
}

} // namespace pgtscope::gdb
