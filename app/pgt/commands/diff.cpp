// SPDX-License-Identifier: GPL-2.0-or-later
#include <filesystem>
#include <iostream>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "app/pgt/terminal.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/report/difftext.h"
#include "core/report/eventdiff.h"
#include "core/report/recordingdiff.h"
#include "core/report/textwrap.h"
#include "core/rules/rule.h"

namespace pgtscope::pgt {

namespace {

struct DiffOptions {
    std::string file;
    std::string from; ///< A step, or without `second` another recording.
    core::StepNumber first = 0;
    std::optional<core::StepNumber> second;
    std::size_t limit = 100;
    bool byEvent = false;
    bool json = false;
};

core::Result<core::SnapshotPtr> snapshotAt(const core::Timeline& timeline, core::StepNumber number)
{
    ASSIGN_OR_RETURN(const auto step, stepOf(timeline, number));
    return timeline.snapshot(step);
}

std::vector<core::RuleReport> reportsOn(const core::SnapshotPtr& snapshot)
{
    const core::RuleContext context(snapshot);
    std::vector<core::RuleReport> reports;
    for (const auto& rule : core::allRules())
        reports.push_back(rule->check(context));
    return reports;
}

void print(const DiffOptions& options, const core::SnapshotDiff& diff, const core::FindingDiff& findings)
{
    if (options.json) {
        nlohmann::json json = core::diffJson(diff, findings);
        json["from"] = options.first;
        json["to"] = *options.second;
        std::cout << core::jsonBlock(json) << '\n';
        return;
    }
    std::string text
        = "from step " + std::to_string(options.first) + " to step " + std::to_string(*options.second) + "\n";
    text += core::otherText(diff.other) + core::changesText(diff.tables, options.limit)
        + core::mappingsText(diff, options.limit) + core::findingsText(findings, options.limit);
    if (core::isEmpty(diff) && findings.empty())
        text += "no difference\n";
    if (diff.entriesTruncated || diff.mappingsTruncated || !findings.complete)
        text += "incomplete: there is more than could be compared\n";
    std::cout << core::wrapText(text, terminalWidth());
}

ExitStatus diffEvents(
    const DiffOptions& options, const core::Timeline& first, const core::Timeline& second, Console& console)
{
    const auto diff = core::diffByEvent(first, second, console.progress(), &console.cancel());
    console.clear();
    if (!diff)
        return console.fail(diff.error());
    if (options.json)
        std::cout << core::jsonBlock(core::eventDiffJson(*diff)) << '\n';
    else
        std::cout << core::wrapText(core::eventDiffText(*diff, options.limit), terminalWidth());
    return diff->empty() ? ExitStatus::Done : ExitStatus::Findings;
}

/// The same boot recorded twice, step for step.
ExitStatus diffFiles(const DiffOptions& options, Console& console)
{
    std::error_code missing;
    if (core::parseNumber(options.from) && !std::filesystem::exists(options.from, missing))
        return console.fail(core::Error{"compare with step " + options.from, "one step alone was given",
            "give two steps, or another recording"});
    const auto first = openTimeline(options.file, console);
    if (!first)
        return console.fail(first.error());
    const auto second = openTimeline(options.from, console);
    if (!second)
        return console.fail(second.error());
    if (options.byEvent)
        return diffEvents(options, **first, **second, console);
    const auto diff = core::diffRecordings(**first, **second, console.progress(), &console.cancel());
    console.clear();
    if (!diff)
        return console.fail(diff.error());
    if (options.json)
        std::cout << core::jsonBlock(core::recordingDiffJson(*diff)) << '\n';
    else
        std::cout << core::wrapText(core::recordingDiffText(*diff, options.limit), terminalWidth());
    return diff->empty() ? ExitStatus::Done : ExitStatus::Findings;
}

ExitStatus diffSteps(DiffOptions& options, Console& console)
{
    const auto number = core::parseNumber(options.from);
    if (!number)
        return console.fail(number.error());
    if (options.byEvent)
        return console.fail({"compare by event", "two steps of one recording were given",
            "give another recording in place of the steps"});
    options.first = *number;
    const auto timeline = openTimeline(options.file, console);
    if (!timeline)
        return console.fail(timeline.error());
    const auto before = snapshotAt(**timeline, options.first);
    if (!before)
        return console.fail(before.error());
    const auto after = snapshotAt(**timeline, *options.second);
    if (!after)
        return console.fail(after.error());
    core::DiffOptions diffing;
    diffing.cancel = &console.cancel();
    const auto diff = core::diffSnapshots(**before, **after, diffing);
    const auto findings = core::diffFindings(reportsOn(*before), reportsOn(*after));
    print(options, diff, findings);
    return core::isEmpty(diff) && findings.empty() ? ExitStatus::Done : ExitStatus::Findings;
}

} // namespace

void addDiffCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<DiffOptions>();
    CLI::App* command = app.add_subcommand("diff",
        "Compare two steps of a recording: entries, effective rights, findings; or two recordings, step for "
        "step");
    command->add_option("file", options->file, "The recording")->required();
    command->add_option("from", options->from, "Step number; without a second one, another recording")
        ->required();
    command->add_option("to", options->second, "Step number");
    command->add_flag("--by-event", options->byEvent,
        "Compare two recordings at the boot events that both have, whatever other steps they have: a branch "
        "and the recording that it left");
    command->add_option("--limit", options->limit, "Text: list at most this many of each kind")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Answer in JSON, without limit");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] {
            return options->second ? diffSteps(*options, invocation.console)
                                   : diffFiles(*options, invocation.console);
        };
    });
}

} // namespace pgtscope::pgt
