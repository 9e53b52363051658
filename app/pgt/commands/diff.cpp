// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "app/pgt/terminal.h"
#include "core/base/json.h"
#include "core/report/difftext.h"
#include "core/report/textwrap.h"

namespace pgtscope::pgt {

namespace {

struct DiffOptions {
    std::string file;
    core::StepNumber first = 0;
    core::StepNumber second = 0;
    std::size_t limit = 100;
    bool json = false;
};

core::Result<core::SnapshotPtr> snapshotAt(const core::Timeline& timeline, core::StepNumber number)
{
    const auto step = stepOf(timeline, number);
    return step ? timeline.snapshot(*step) : tl::unexpected(step.error());
}

void print(const DiffOptions& options, const core::SnapshotDiff& diff, const core::FindingDiff& findings)
{
    if (options.json) {
        nlohmann::json json = core::diffJson(diff, findings);
        json["from"] = options.first;
        json["to"] = options.second;
        std::cout << core::jsonBlock(json) << '\n';
        return;
    }
    std::string text
        = "from step " + std::to_string(options.first) + " to step " + std::to_string(options.second) + "\n";
    text += core::otherText(diff.other) + core::changesText(diff.tables, options.limit)
        + core::mappingsText(diff, options.limit) + core::findingsText(findings, options.limit);
    if (core::isEmpty(diff) && findings.empty())
        text += "no difference\n";
    if (diff.entriesTruncated || diff.mappingsTruncated || !findings.complete)
        text += "incomplete: there is more than could be compared\n";
    std::cout << core::wrapText(text, terminalWidth());
}

ExitStatus diffSteps(const DiffOptions& options, Console& console)
{
    const auto timeline = openTimeline(options.file, console);
    if (!timeline)
        return console.fail(timeline.error());
    const auto before = snapshotAt(**timeline, options.first);
    if (!before)
        return console.fail(before.error());
    const auto after = snapshotAt(**timeline, options.second);
    if (!after)
        return console.fail(after.error());
    core::DiffOptions diffing;
    diffing.cancel = &console.cancel();
    const auto diff = core::diffSnapshots(**before, **after, diffing);
    const auto findings = core::diffFindings(*before, *after);
    print(options, diff, findings);
    return core::isEmpty(diff) && findings.empty() ? ExitStatus::Done : ExitStatus::Findings;
}

} // namespace

void addDiffCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<DiffOptions>();
    CLI::App* command
        = app.add_subcommand("diff", "Compare two steps of a recording: entries, effective rights, findings");
    command->add_option("file", options->file, "The recording")->required();
    command->add_option("from", options->first, "Step number")->required();
    command->add_option("to", options->second, "Step number")->required();
    command->add_option("--limit", options->limit, "Text: list at most this many of each kind")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Answer in JSON, without limit");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return diffSteps(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
