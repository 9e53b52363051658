// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "app/pgt/terminal.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/model/frametext.h"
#include "core/report/coveragehistory.h"
#include "core/report/findingformat.h"
#include "core/report/historyformat.h"
#include "core/report/stepjson.h"
#include "core/report/textwrap.h"
#include "core/rules/rule.h"

namespace pgtscope::pgt {

namespace {

struct CheckOptions {
    SourceOptions source;
    std::vector<std::string> rules;
    bool listRules = false;
    bool all = false; ///< List what is not broken one by one as well.

    core::ListedFindings listed() const
    {
        return all ? core::ListedFindings::All : core::ListedFindings::Broken;
    }
};

constexpr std::size_t staysPrinted = 40;
/// Rules take a millisecond or more a step.
constexpr core::StepNumber maxStepsChecked = 20'000;

std::vector<const core::Rule*> chosenRules(const CheckOptions& options)
{
    std::vector<const core::Rule*> rules;
    for (const auto& rule : core::allRules())
        if (options.rules.empty()
            || std::find(options.rules.begin(), options.rules.end(), rule->name()) != options.rules.end())
            rules.push_back(rule.get());
    return rules;
}

const core::RuleReport* reportOf(const std::vector<core::RuleReport>& reports, const core::Rule& rule)
{
    const auto found = std::find_if(
        reports.begin(), reports.end(), [&rule](const core::RuleReport& r) { return r.rule == rule.name(); });
    return found == reports.end() ? nullptr : &*found;
}

ExitStatus statusOf(const std::vector<core::RuleReport>& reports)
{
    const auto any = [&](const auto& holds) { return std::any_of(reports.begin(), reports.end(), holds); };
    if (any([](const core::RuleReport& report) { return report.broken() != 0; }))
        return ExitStatus::Findings;
    return any([](const core::RuleReport& report) { return !report.coverage.gaps.empty(); })
        ? ExitStatus::Gaps
        : ExitStatus::Done;
}

constexpr std::string_view howToSeeAll = " (--all lists them)";

void print(const std::string& text) { std::cout << core::wrapText(text, terminalWidth()); }

ExitStatus listRules(bool json)
{
    nlohmann::json list = nlohmann::json::array();
    for (const auto& rule : core::allRules()) {
        const core::RuleText& text = rule->text();
        if (json)
            list.push_back({{"rule", text.name}, {"title", text.title}, {"description", text.description},
                {"source", text.source}});
        else
            print(std::string(text.name) + ": " + std::string(text.title) + "\n    "
                + std::string(text.description) + "\n    source: " + std::string(text.source) + "\n\n");
    }
    if (json)
        std::cout << core::jsonBlock({{"rules", list}}) << '\n';
    return ExitStatus::Done;
}

void printVerdict(
    const CheckOptions& options, const core::Snapshot& snapshot, const std::vector<core::RuleReport>& reports)
{
    const bool hidden = !options.all
        && std::any_of(reports.begin(), reports.end(),
            [](const core::RuleReport& report) { return report.total() != report.broken(); });
    const std::string halves = core::checkedHalvesText(snapshot);
    print("verdict: " + core::verdictText(reports) + (hidden ? std::string(howToSeeAll) : "")
        + (halves.empty() ? "" : "; ") + halves + '\n');
}

ExitStatus checkScene(const CheckOptions& options, const Scene& scene)
{
    const core::RuleContext context(scene.snapshot);
    const auto reports = core::checkRules(context, chosenRules(options));
    const auto* first = reportOf(reports, core::comparedRule(core::RuleComparison::First));
    const auto* second = reportOf(reports, core::comparedRule(core::RuleComparison::Second));
    nlohmann::json json{{"step", nullptr}, {"reports", nlohmann::json::array()}, {"difference", nullptr}};
    if (scene.timeline)
        json["step"] = scene.step;
    for (const core::RuleReport& report : reports) {
        if (options.source.guest.json)
            json["reports"].push_back(core::reportJson(report));
        else
            print(core::reportText(context, report, options.listed()) + '\n');
    }
    if (first && second) {
        const auto difference = core::ruleDifference(*first, *second);
        json["difference"] = core::differenceJson(*first, *second, difference);
        if (!options.source.guest.json)
            print(core::differenceText(*first, *second, difference) + '\n');
    }
    json["coverage"] = core::coverageJson(*scene.snapshot, reports);
    if (options.source.guest.json)
        std::cout << core::jsonBlock(json) << '\n';
    else
        printVerdict(options, *scene.snapshot, reports);
    return statusOf(reports);
}

struct CheckedSteps {
    core::FindingHistory history;
    core::CoverageHistory coverage; ///< For JSON alone.
    core::StepNumber checked = 0; ///< Of all steps.
    std::optional<core::Step> death; ///< The last step, if the guest died there.
    std::string halves; ///< See core::checkedHalvesText(), of the last step that has any.
};

std::string deathText(const core::Step& death)
{
    return "; the guest died at step " + std::to_string(death.number) + " ("
        + (death.event.empty() ? death.text : death.event) + ')';
}

/// Applies the rules to every step, or to every stop where there are too many.
core::Result<CheckedSteps> followFindings(
    const CheckOptions& options, const core::Timeline& timeline, Console& console)
{
    CheckedSteps result;
    const auto rules = chosenRules(options);
    core::TableDigests digests;
    core::RuleLimits limits;
    limits.findings = 0; // Marks record where and when; nothing is explained here.
    const bool stopsOnly = timeline.size() > maxStepsChecked;
    if (stopsOnly)
        console.remark(core::groupedText(timeline.size())
            + " steps are too many to check each one: the stops are checked, the single writes between them "
              "are not");
    for (core::StepNumber step = 0; step < timeline.size(); ++step) {
        if (console.cancel().cancelled())
            return core::failure("check every step", "stopped by the user");
        console.progress()("Checking steps", step, timeline.size());
        if (stopsOnly) {
            ASSIGN_OR_RETURN(const auto recorded, timeline.step(step));
            if (recorded.cause == core::StepCause::TableWrite)
                continue;
        }
        const auto snapshot = timeline.snapshot(step);
        RETURN_IF_ERROR(snapshot);
        if (std::string halves = core::checkedHalvesText(**snapshot); !halves.empty())
            result.halves = std::move(halves);
        if (options.source.guest.json)
            result.coverage.note(step, **snapshot);
        const core::RuleContext context(*snapshot, limits, digests);
        std::vector<core::RuleReport> reports;
        for (const core::Rule* rule : rules)
            reports.push_back(rule->check(context));
        result.history.note(step, reports);
        ++result.checked;
    }
    console.clear();
    ASSIGN_OR_RETURN(auto last, timeline.step(timeline.size() - 1));
    if (last.cause == core::StepCause::Death)
        result.death = std::move(last);
    return result;
}

struct Stay {
    const core::FindingKey* key;
    const core::FindingStay* stay;
};

/// Every stay of every finding that is listed, in the order in which they appeared.
std::vector<Stay> staysOf(const core::FindingHistory& history, core::ListedFindings listed)
{
    std::vector<Stay> stays;
    for (const auto& [key, list] : history.all())
        for (const core::FindingStay& stay : list)
            if (listed == core::ListedFindings::All || stay.broken())
                stays.push_back({&key, &stay});
    std::stable_sort(stays.begin(), stays.end(), [](const Stay& a, const Stay& b) {
        return a.key->rule != b.key->rule ? a.key->rule < b.key->rule : a.stay->appeared < b.stay->appeared;
    });
    return stays;
}

nlohmann::json stayJson(const Stay& stay, const core::FindingOrigin& origin)
{
    nlohmann::json json = core::stayJson(*stay.stay);
    json["rule"] = stay.key->rule;
    json["key"] = stay.key->text();
    json["frame"] = core::hexText(stay.key->frame.value);
    json["entry"] = core::hexText(stay.key->entry.value);
    json["origin"] = core::originJson(origin);
    return json;
}

std::string stayLine(const Stay& stay, const core::FindingOrigin& origin)
{
    return "  " + core::frameText(stay.key->frame) + ", entry at " + core::physicalText(stay.key->entry)
        + ": " + core::stayText(*stay.stay) + core::originText(origin) + '\n';
}

void printVerdict(const CheckOptions& options, const core::Timeline& timeline, const CheckedSteps& steps)
{
    const core::FindingHistory& history = steps.history;
    const std::size_t all = staysOf(history, core::ListedFindings::All).size();
    const std::size_t broken = staysOf(history, core::ListedFindings::Broken).size();
    print(core::gapsText(history));
    std::string text = broken != 0 ? core::countText(broken, "broken finding")
        : all != 0                 ? "no broken findings"
                                   : "no findings";
    if (broken == 0 && !history.gaps().empty())
        text += " in what could be read";
    const bool whole = steps.checked == timeline.size();
    text += (broken == 0 ? " at any of " : " over ") + core::countText(steps.checked, "step")
        + (whole ? std::string() : " that were checked, of " + core::groupedText(timeline.size()));
    if (all != broken)
        text += "; " + core::groupedText(all - broken) + " expected or hypothetical"
            + (options.all ? std::string() : std::string(howToSeeAll));
    if (history.incomplete())
        text += "; there are more than could be followed";
    if (steps.death)
        text += deathText(*steps.death);
    if (!steps.halves.empty())
        text += "; " + steps.halves;
    print(text + '\n');
}

core::Result<void> printStays(
    const CheckOptions& options, const core::Timeline& timeline, const CheckedSteps& steps, Console& console)
{
    const core::FindingHistory& history = steps.history;
    ASSIGN_OR_RETURN(const auto origins, core::FindingOrigins::learn(timeline, history, &console.cancel()));
    nlohmann::json list = nlohmann::json::array();
    std::string rule;
    std::size_t printed = 0;
    const bool json = options.source.guest.json;
    for (const Stay& stay : staysOf(history, json ? core::ListedFindings::All : options.listed())) {
        const bool fresh = stay.key->rule != rule;
        printed = fresh ? 0 : printed + 1;
        rule = stay.key->rule;
        if (!json && printed > staysPrinted)
            continue;
        const core::FindingOrigin origin = origins.of(*stay.key, stay.stay->appeared);
        if (json) {
            list.push_back(stayJson(stay, origin));
            continue;
        }
        print((fresh ? rule + '\n' : "") + stayLine(stay, origin));
        if (printed == staysPrinted)
            print("  more are left out here; --json lists them all\n");
    }
    if (json)
        std::cout << core::jsonBlock(
            {{"steps", timeline.size()}, {"checked", steps.checked}, {"findings", list},
                {"incomplete", history.incomplete()}, {"coverage", steps.coverage.json(history)},
                {"died", steps.death ? core::stepJson(*steps.death) : nlohmann::json()}})
                  << '\n';
    else
        printVerdict(options, timeline, steps);
    return {};
}

ExitStatus checkAllSteps(const CheckOptions& options, Console& console)
{
    if (!options.source.guest.cr3.empty())
        return console.fail({"check every step from the root " + options.source.guest.cr3,
            "each step has roots of its own, and both halves of KPTI are checked", "choose one with --step"});
    const auto timeline = openTimeline(options.source.recording, console);
    if (!timeline)
        return console.fail(timeline.error());
    if (const auto any = stepOf(**timeline, std::nullopt); !any)
        return console.fail(any.error());
    const auto steps = followFindings(options, **timeline, console);
    if (!steps)
        return console.fail(steps.error());
    if (const auto done = printStays(options, **timeline, *steps, console); !done)
        return console.fail(done.error());
    if (!staysOf(steps->history, core::ListedFindings::Broken).empty())
        return ExitStatus::Findings;
    const bool whole = steps->checked == (*timeline)->size() && steps->history.gaps().empty()
        && !steps->history.incomplete();
    return whole ? ExitStatus::Done : ExitStatus::Gaps;
}

ExitStatus check(const CheckOptions& options, Console& console)
{
    for (const std::string& rule : options.rules)
        if (core::findRule(rule) == nullptr)
            return console.fail(
                {"check the rule '" + rule + "'", "there is none of that name", "see \"pgt check --rules\""});
    if (options.listRules)
        return listRules(options.source.guest.json);
    if (!options.source.recording.empty() && !options.source.step)
        return checkAllSteps(options, console);
    return withScene(options.source, console, [&](const Scene& scene) { return checkScene(options, scene); });
}

} // namespace

void addCheckCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<CheckOptions>();
    CLI::App* command = app.add_subcommand("check",
        "Find mappings that break a rule, with the reason; with a recording and no --step, over all its "
        "steps");
    options->source.addTo(*command);
    command->add_option("--rule", options->rules, "Only this rule; can be repeated")->allow_extra_args(false);
    command->add_flag(
        "--all", options->all, "List expected and hypothetical findings too, not only broken ones");
    command->add_flag("--rules", options->listRules, "List the rules and their sources");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return check(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
