// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/recordingdiff.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/report/difftext.h"
#include "core/report/stepjson.h"

namespace pgtscope::core {

namespace {

constexpr StepNumber stepsBetweenReports = 64;
constexpr std::size_t longestValue = 400; // of a text in a report, in bytes

/// Everything that a step says of its stop but when it was.
nlohmann::json factsOf(const Step& step)
{
    nlohmann::json facts = stepJson(step);
    facts.erase("step");
    facts.erase("time");
    const CpuState& cpu = step.cpu;
    facts["cr2"] = hexText(cpu.control.cr2);
    facts["rsp"] = hexText(cpu.rsp.value);
    facts["rflags"] = hexText(cpu.rflags);
    facts["cs"] = hexText(cpu.cs);
    facts["smm"] = cpu.smm;
    return facts;
}

std::string valueText(const nlohmann::json& value)
{
    std::string text = value.is_string() && !value.get_ref<const std::string&>().empty()
        ? value.get<std::string>()
        : jsonLine(value);
    if (text.find('\n') != std::string::npos)
        text = jsonLine(value);
    return text.size() <= longestValue ? text : text.substr(0, longestValue) + " ...";
}

/// A store is the same where what it changed is: the tables need not be put together for each of them.
bool needsTables(const Step& step, const StepChanges& changes)
{
    return step.number == 0 || step.cause != StepCause::TableWrite || !changes.tables.empty();
}

/// nullopt: no difference.
Result<std::optional<StopDifference>> diffStep(
    const Timeline& first, const Timeline& second, StepNumber number, bool whole, const CancelFlag* cancel)
{
    ASSIGN_OR_RETURN(const auto step, first.step(number));
    ASSIGN_OR_RETURN(const auto other, second.step(number));
    ASSIGN_OR_RETURN(const auto changes, first.changes(number));
    ASSIGN_OR_RETURN(const auto otherChanges, second.changes(number));
    const bool sameChanges = changes == otherChanges;
    if (sameChanges && !needsTables(step, changes) && factsOf(step) == factsOf(other))
        return std::nullopt;
    ASSIGN_OR_RETURN(const auto tables, first.snapshot(number));
    ASSIGN_OR_RETURN(const auto otherTables, second.snapshot(number));
    DiffOptions options;
    options.mappings = whole;
    options.cancel = cancel;
    StopDifference difference = diffStops(step, *tables, other, *otherTables, options);
    difference.stores = !sameChanges && isEmpty(difference.tables);
    return difference.empty() ? std::nullopt : std::optional(std::move(difference));
}

std::string factsText(const std::vector<FactDifference>& facts)
{
    std::string text;
    for (const FactDifference& fact : facts)
        text += "  " + fact.name + ": " + fact.first + " -> " + fact.second + '\n';
    return text;
}

} // namespace

bool StopDifference::empty() const { return facts.empty() && isEmpty(tables) && !stores; }

StopDifference diffStops(const Step& first, const Snapshot& firstTables, const Step& second,
    const Snapshot& secondTables, const DiffOptions& options)
{
    StopDifference difference;
    difference.number = first.number;
    const nlohmann::json facts = factsOf(first);
    const nlohmann::json others = factsOf(second);
    for (const auto& [name, value] : facts.items())
        if (const nlohmann::json& other = others.at(name); value != other)
            difference.facts.push_back({name, valueText(value), valueText(other)});
    difference.tables = diffSnapshots(firstTables, secondTables, options);
    return difference;
}

Result<RecordingDiff> diffRecordings(
    const Timeline& first, const Timeline& second, const Progress& progress, const CancelFlag* cancel)
{
    RecordingDiff diff{first.size(), second.size(), {}, {}};
    const StepNumber common = std::min(diff.firstSize, diff.secondSize);
    for (StepNumber number = 0; number < common; ++number) {
        if (cancel && cancel->cancelled())
            return failure("compare two recordings", "cancelled");
        if (progress && number % stepsBetweenReports == 0)
            progress("Comparing", number, common);
        ASSIGN_OR_RETURN(auto difference, diffStep(first, second, number, diff.differing.empty(), cancel));
        if (!difference)
            continue;
        if (diff.differing.empty())
            diff.earliest = std::move(*difference);
        diff.differing.push_back(number);
    }
    return diff;
}

std::string stopDifferenceText(const StopDifference& difference, std::size_t most)
{
    std::string text = factsText(difference.facts) + otherText(difference.tables.other)
        + changesText(difference.tables.tables, most) + mappingsText(difference.tables, most);
    if (difference.stores)
        text += "  the same entries, stored by other instructions or more often\n";
    return text;
}

std::string recordingDiffText(const RecordingDiff& diff, std::size_t most)
{
    std::string text;
    if (diff.firstSize != diff.secondSize)
        text += "one has " + countText(diff.firstSize, "step") + ", the other " + groupedText(diff.secondSize)
            + "\n";
    const StepNumber common = std::min(diff.firstSize, diff.secondSize);
    if (diff.differing.empty())
        return text + "no difference in " + countText(common, "step")
            + ": registers, every entry of every table, events, console\n";
    text += groupedText(diff.differing.size()) + " of " + countText(common, "step")
        + (diff.differing.size() == 1 ? " differs" : " differ") + ", first step "
        + std::to_string(diff.differing.front()) + ":\n";
    return text + stopDifferenceText(*diff.earliest, most);
}

nlohmann::json stopDifferenceJson(const StopDifference& difference)
{
    nlohmann::json json = diffJson(difference.tables, {});
    json.erase("findings");
    json["step"] = difference.number;
    json["stores"] = difference.stores;
    json["facts"] = nlohmann::json::object();
    for (const FactDifference& fact : difference.facts)
        json["facts"][fact.name] = {fact.first, fact.second};
    return json;
}

nlohmann::json recordingDiffJson(const RecordingDiff& diff)
{
    nlohmann::json json{
        {"steps", {diff.firstSize, diff.secondSize}}, {"differing", diff.differing}, {"earliest", nullptr}};
    if (diff.earliest)
        json["earliest"] = stopDifferenceJson(*diff.earliest);
    return json;
}

} // namespace pgtscope::core
