// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/breakpointorder.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace pgtscope::gdb {

namespace {

const core::BootEvent& eventAt(std::size_t place) { return core::bootEvents()[place]; }

bool isAhead(const WaitingBreakpoint& one, const BootPosition& position)
{
    const core::BootEvent& event = eventAt(one.place);
    return !one.met && !one.idle && !event.dies && (!position.last || one.place > *position.last);
}

/// What may come again and what was passed: the latest is the likeliest.
constexpr std::size_t latestFirst(std::size_t place) { return ~place; }

/// Class and order within it. `ahead`: places before it that are still to come; 0 for the next one.
std::tuple<unsigned, std::size_t> rankOf(
    const WaitingBreakpoint& one, const BootPosition& position, std::size_t ahead)
{
    enum : unsigned {
        Next,
        AtTheEnd,
        Repeated,
        AfterNext,
        RepeatedEarlier,
        Ahead,
        Passed,
        Dying,
        PassedEarlier,
        Idle
    };
    if (one.idle)
        return {Idle, one.place};
    if (eventAt(one.place).dies)
        return {Dying, one.place};
    // What halts the guest is the last chance to see it stop.
    const bool last = position.last && eventAt(*position.last).phase == core::BootPhase::Running;
    if (isAhead(one, position) && ahead != 0 && last && eventAt(one.place).halts)
        return {AtTheEnd, one.place};
    if (isAhead(one, position))
        return {ahead == 0 ? Next : ahead == 1 ? AfterNext : Ahead, one.place};
    const bool now = position.last && eventAt(one.place).phase == eventAt(*position.last).phase;
    if (!one.met)
        return {now ? Passed : PassedEarlier, latestFirst(one.place)};
    return {now ? Repeated : RepeatedEarlier, latestFirst(one.place)};
}

/// If none of the first `room` is certain to be hit, moves the first certain one to the last of them.
void bringCertain(std::vector<WaitingBreakpoint>& order, const BootPosition& position, std::size_t room)
{
    const auto certain = [&](const WaitingBreakpoint& one) { return one.certain && isAhead(one, position); };
    if (room == 0 || room >= order.size()
        || std::any_of(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(room), certain))
        return;
    const auto first = std::find_if(order.begin(), order.end(), certain);
    if (first != order.end())
        std::rotate(order.begin() + static_cast<std::ptrdiff_t>(room) - 1, first, first + 1);
}

} // namespace

bool canCome(const WaitingBreakpoint& one, const BootPosition& position)
{
    const core::KernelFlavour flavour = eventAt(one.place).flavour;
    if (!position.underXen)
        return true;
    return flavour != (*position.underXen ? core::KernelFlavour::Bits64 : core::KernelFlavour::XenPv);
}

std::vector<unsigned> breakpointOrder(
    const std::vector<WaitingBreakpoint>& waiting, const BootPosition& position, unsigned room)
{
    std::vector<std::size_t> places;
    std::vector<WaitingBreakpoint> order;
    for (const WaitingBreakpoint& one : waiting) {
        if (!canCome(one, position))
            continue;
        order.push_back(one);
        if (isAhead(one, position))
            places.push_back(one.place);
    }
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    const auto rank = [&](const WaitingBreakpoint& one) {
        const auto before = std::lower_bound(places.begin(), places.end(), one.place) - places.begin();
        return rankOf(one, position, static_cast<std::size_t>(before));
    };
    std::stable_sort(
        order.begin(), order.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    bringCertain(order, position, room);
    std::vector<unsigned> numbers;
    for (const WaitingBreakpoint& one : order)
        numbers.push_back(one.number);
    return numbers;
}

std::optional<std::size_t> reachedEvent(
    GuestSession& session, const std::vector<core::ResolvedEvent>& events, unsigned cpu)
{
    constexpr std::size_t stackWords = 510; // a page's, and a packet's
    const auto states = session.target().cpus();
    if (!states)
        return std::nullopt;
    const auto state
        = std::find_if(states->begin(), states->end(), [cpu](const auto& one) { return one.id == cpu; });
    if (state == states->end())
        return std::nullopt;
    std::array<std::uint64_t, stackWords> words{};
    const std::uint64_t toPageEnd = core::frameBytes - state->rsp.value % core::frameBytes;
    const auto count = std::min<std::size_t>(toPageEnd / sizeof(std::uint64_t), stackWords - 1);
    const auto stack = std::as_writable_bytes(std::span(words).first(count));
    const bool read = session.target().readLinear(state->rsp, stack).value_or(false);
    std::vector<std::uint64_t> places{state->rip.value};
    if (read)
        places.insert(places.end(), words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count));
    std::optional<std::size_t> latest;
    for (const std::uint64_t place : places) {
        const auto symbol = session.symbols().at(core::LinearAddress(place));
        if (!symbol)
            continue;
        for (const core::ResolvedEvent& event : events)
            if (event.symbol == symbol->name && event.event->kind == core::BootEventKind::Function)
                latest = std::max(latest.value_or(0), core::placeOf(*event.event));
    }
    return latest;
}

} // namespace pgtscope::gdb
