// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/bootstate.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/linux/events.h"

namespace pgtscope::gdb {

using nlohmann::json;

namespace {

constexpr std::size_t maxBreakpoints = 1024;
/// Breakpoints count in unsigned ints, and none is met so often.
constexpr unsigned maxHits = 1U << 20;

/// Throws json::exception.
unsigned countFrom(const json& value) { return std::min(value.get<unsigned>(), maxHits); }

json toJson(const BootState::Event& event)
{
    return {{"event", event.event}, {"atReturn", event.atReturn}, {"address", event.address.value},
        {"hits", event.hits}, {"spare", event.spare}};
}

/// Throws json::exception.
BootState::Event eventFrom(const json& event)
{
    return {event.at("event").get<std::string>(), event.at("atReturn").get<std::string>(),
        core::LinearAddress(event.at("address").get<std::uint64_t>()), countFrom(event.at("hits")),
        event.at("spare").get<bool>()};
}

/// Throws json::exception.
BootState stateFrom(const json& record)
{
    BootState state;
    for (const json& event : record.at("waiting"))
        state.waiting.push_back(eventFrom(event));
    record.at("later").get_to(state.later);
    for (const json& event : record.at("spent"))
        state.spent.push_back(eventFrom(event));
    for (const json& one : record.at("switches"))
        state.switches.push_back({core::LinearAddress(one.at("address").get<std::uint64_t>()),
            one.at("place").get<std::uint64_t>(), countFrom(one.at("hits"))});
    for (const json& one : record.at("switchPlaces"))
        state.switchPlaces.emplace_back(one.get<std::uint64_t>());
    record.at("knowsWriters").get_to(state.knowsWriters);
    record.at("pgtBufWatched").get_to(state.pgtBufWatched);
    record.at("allocatorSeen").get_to(state.allocatorSeen);
    record.at("allocatorFollowed").get_to(state.allocatorFollowed);
    state.allocations = countFrom(record.at("allocations"));
    state.skipCalls = countFrom(record.at("skipCalls"));
    record.at("skipWaits").get_to(state.skipWaits);
    return state;
}

bool knownEvent(const std::string& name) { return name.empty() || core::findBootEvent(name) != nullptr; }

bool makesSense(const BootState& state)
{
    const auto sensible = [](const BootState::Event& event) {
        return knownEvent(event.event) && knownEvent(event.atReturn)
            && (!event.event.empty() || !event.atReturn.empty());
    };
    return state.waiting.size() <= maxBreakpoints && state.later.size() <= maxBreakpoints
        && state.spent.size() <= maxBreakpoints && state.switches.size() <= maxBreakpoints
        && state.switchPlaces.size() <= maxBreakpoints
        && std::all_of(state.waiting.begin(), state.waiting.end(), sensible)
        && std::all_of(state.spent.begin(), state.spent.end(), sensible)
        && std::all_of(state.later.begin(), state.later.end(), knownEvent)
        && std::all_of(state.switches.begin(), state.switches.end(),
            [](const auto& one) { return one.place < core::bootEvents().size(); });
}

} // namespace

json toJson(const BootState& state)
{
    const auto listOf = [](const std::vector<BootState::Event>& events) {
        json list = json::array();
        for (const BootState::Event& event : events)
            list.push_back(toJson(event));
        return list;
    };
    json switches = json::array();
    for (const BootState::Switch& one : state.switches)
        switches.push_back({{"address", one.address.value}, {"place", one.place}, {"hits", one.hits}});
    json places = json::array();
    for (const core::LinearAddress place : state.switchPlaces)
        places.push_back(place.value);
    return {{"waiting", listOf(state.waiting)}, {"later", state.later}, {"spent", listOf(state.spent)},
        {"switches", switches}, {"switchPlaces", places}, {"knowsWriters", state.knowsWriters},
        {"pgtBufWatched", state.pgtBufWatched}, {"allocatorSeen", state.allocatorSeen},
        {"allocatorFollowed", state.allocatorFollowed}, {"allocations", state.allocations},
        {"skipCalls", state.skipCalls}, {"skipWaits", state.skipWaits}};
}

std::optional<BootState> bootStateFrom(const json& record)
{
    try {
        auto state = stateFrom(record);
        return makesSense(state) ? std::optional(std::move(state)) : std::nullopt;
    } catch (const json::exception&) {
        // Missing or of another type.
        return std::nullopt;
    }
}

} // namespace pgtscope::gdb
