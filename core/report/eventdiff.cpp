// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/eventdiff.h"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"

namespace pgtscope::core {

namespace {

/// A name, and how many events of that name there were before.
using Nth = std::pair<std::string, unsigned>;

struct NamedStep {
    Nth event;
    StepNumber step = 0;
};

Result<std::vector<NamedStep>> eventsOf(const Timeline& timeline)
{
    std::vector<NamedStep> events;
    std::map<std::string, unsigned> counts;
    for (StepNumber number = 0; number < timeline.size(); ++number) {
        ASSIGN_OR_RETURN(const auto step, timeline.step(number));
        if (!step.event.empty())
            events.push_back({{step.event, counts[step.event]++}, number});
    }
    return events;
}

/// What a recorder says of a stop besides the machine's state depends on its other stops.
bool ofTheRecorder(const FactDifference& fact) { return fact.name == "console" || fact.name == "text"; }

Result<StopDifference> difference(
    const Timeline& first, const Timeline& second, const EventPair& pair, const DiffOptions& options)
{
    ASSIGN_OR_RETURN(const auto step, first.step(pair.first));
    ASSIGN_OR_RETURN(const auto other, second.step(pair.second));
    ASSIGN_OR_RETURN(const auto tables, first.snapshot(pair.first));
    ASSIGN_OR_RETURN(const auto otherTables, second.snapshot(pair.second));
    StopDifference found = diffStops(step, *tables, other, *otherTables, options);
    std::erase_if(found.facts, ofTheRecorder);
    return found;
}

std::string namesText(const char* title, const std::vector<EventPair>& events, std::size_t most)
{
    if (events.empty())
        return {};
    std::string text = title;
    for (std::size_t i = 0; i < std::min(events.size(), most); ++i)
        text += (i == 0 ? "" : ", ") + events[i].event;
    return text + (events.size() > most ? ", ...\n" : "\n");
}

nlohmann::json pairsJson(const std::vector<EventPair>& pairs)
{
    nlohmann::json list = nlohmann::json::array();
    for (const EventPair& pair : pairs)
        list.push_back({{"event", pair.event}, {"steps", {pair.first, pair.second}}});
    return list;
}

nlohmann::json onlyJson(const std::vector<EventPair>& events, StepNumber EventPair::*step)
{
    nlohmann::json list = nlohmann::json::array();
    for (const EventPair& event : events)
        list.push_back({{"event", event.event}, {"step", event.*step}});
    return list;
}

} // namespace

Result<PairedEvents> pairEvents(const Timeline& first, const Timeline& second)
{
    ASSIGN_OR_RETURN(const auto events, eventsOf(first));
    ASSIGN_OR_RETURN(const auto others, eventsOf(second));
    std::map<Nth, StepNumber> left;
    for (const NamedStep& other : others)
        left.emplace(other.event, other.step);
    PairedEvents paired;
    for (const NamedStep& event : events) {
        const auto same = left.find(event.event);
        if (same == left.end()) {
            paired.onlyFirst.push_back({event.event.first, event.step, 0});
            continue;
        }
        paired.pairs.push_back({event.event.first, event.step, same->second});
        left.erase(same);
    }
    for (const NamedStep& other : others)
        if (left.contains(other.event))
            paired.onlySecond.push_back({other.event.first, 0, other.step});
    return paired;
}

Result<EventDiff> diffByEvent(
    const Timeline& first, const Timeline& second, const Progress& progress, const CancelFlag* cancel)
{
    EventDiff diff;
    ASSIGN_OR_RETURN(diff.events, pairEvents(first, second));
    const auto& pairs = diff.events.pairs;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (cancel && cancel->cancelled())
            return failure("compare two recordings", "cancelled");
        if (progress)
            progress("Comparing", i, pairs.size());
        DiffOptions options;
        options.mappings = diff.differing.empty();
        options.cancel = cancel;
        ASSIGN_OR_RETURN(auto found, difference(first, second, pairs[i], options));
        if (found.empty())
            continue;
        if (diff.differing.empty())
            diff.earliest = std::move(found);
        diff.differing.push_back(pairs[i]);
    }
    return diff;
}

std::string eventDiffText(const EventDiff& diff, std::size_t most)
{
    const std::size_t compared = diff.events.pairs.size();
    std::string text = namesText("only in the first: ", diff.events.onlyFirst, most)
        + namesText("only in the second: ", diff.events.onlySecond, most);
    if (diff.differing.empty())
        return text + "no difference at " + countText(compared, "event")
            + " that both have: registers, every entry of every table\n";
    const EventPair& pair = diff.differing.front();
    text += groupedText(diff.differing.size()) + " of " + countText(compared, "event")
        + (diff.differing.size() == 1 ? " differs" : " differ") + ", first " + pair.event + ", step "
        + std::to_string(pair.first) + " of the first and step " + std::to_string(pair.second)
        + " of the second:\n";
    return text + stopDifferenceText(*diff.earliest, most);
}

nlohmann::json eventDiffJson(const EventDiff& diff)
{
    nlohmann::json json{{"compared", diff.events.pairs.size()}, {"differing", pairsJson(diff.differing)},
        {"onlyFirst", onlyJson(diff.events.onlyFirst, &EventPair::first)},
        {"onlySecond", onlyJson(diff.events.onlySecond, &EventPair::second)}, {"earliest", nullptr}};
    if (diff.earliest)
        json["earliest"] = stopDifferenceJson(*diff.earliest);
    return json;
}

} // namespace pgtscope::core
