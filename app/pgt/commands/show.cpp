// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>
#include <sstream>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "app/pgt/terminal.h"
#include "core/base/json.h"
#include "core/report/difftext.h"
#include "core/report/findingformat.h"
#include "core/report/storytext.h"
#include "core/report/textwrap.h"
#include "core/rules/rule.h"

namespace pgtscope::pgt {

namespace {

constexpr std::size_t changesShown = 16;

struct ShowOptions {
    std::string file;
    std::optional<core::StepNumber> step;
    std::optional<core::StepNumber> from;
    std::optional<core::StepNumber> to;
    bool json = false;
};

void print(const std::string& text) { std::cout << core::wrapText(text, terminalWidth()); }

/// Everything about one step: what changed in detail, and every finding with its reasons.
core::Result<void> showDetails(const core::Timeline& timeline, core::StepNumber number)
{
    ASSIGN_OR_RETURN(const auto snapshot, timeline.snapshot(number));
    if (number != 0) {
        ASSIGN_OR_RETURN(const auto changes, timeline.changes(number));
        print("\n" + core::changesText(changes, changesShown));
    }
    std::vector<const core::Rule*> rules;
    for (const auto& rule : core::allRules())
        rules.push_back(rule.get());
    core::RuleLimits limits;
    limits.findings = 3;
    const core::RuleContext context(snapshot, limits);
    for (const core::RuleReport& report : core::checkRules(context, rules))
        if (report.total() != 0)
            print("\n" + core::reportText(context, report));
    return {};
}

core::Result<nlohmann::json> detailsJson(const core::Timeline& timeline, core::StepNumber number)
{
    ASSIGN_OR_RETURN(const auto story, core::storyStep(timeline, number));
    nlohmann::json json = core::storyStepJson(story);
    const core::RuleContext context(story.snapshot);
    std::vector<const core::Rule*> rules;
    for (const auto& rule : core::allRules())
        rules.push_back(rule.get());
    json["reports"] = nlohmann::json::array();
    for (const core::RuleReport& report : core::checkRules(context, rules))
        json["reports"].push_back(core::reportJson(report));
    return json;
}

core::Result<void> showSteps(const ShowOptions& options, const core::Timeline& timeline, Console& console,
    core::StepNumber from, core::StepNumber to)
{
    const auto annotations = timeline.annotations();
    if (!annotations)
        console.remark("pgt: " + annotations.error().message());
    const core::Annotations none;
    const core::Annotations& notes = annotations ? *annotations : none;
    if (!options.step)
        print(core::recordingHeadText(timeline));
    for (core::StepNumber number = from; number <= to && std::cout; ++number) {
        if (console.cancel().cancelled())
            return core::failure("show the steps", "stopped by the user");
        ASSIGN_OR_RETURN(const auto story, core::storyStep(timeline, number));
        print(core::storyStepText(story, notes, terminalWidth()));
        std::cout.flush();
    }
    return options.step ? showDetails(timeline, from) : core::Result<void>{};
}

core::Result<void> showJson(
    const ShowOptions& options, const core::Timeline& timeline, core::StepNumber from, core::StepNumber to)
{
    ASSIGN_OR_RETURN(const auto annotations, timeline.annotations());
    if (options.step) {
        ASSIGN_OR_RETURN(const auto json, detailsJson(timeline, from));
        std::cout << core::jsonBlock(json) << '\n';
        return {};
    }
    return core::writeStoryJson(std::cout, timeline, annotations, from, to);
}

ExitStatus show(ShowOptions options, Console& console)
{
    if (const auto taken = takeMoment(options.file, options.step); !taken)
        return console.fail(taken.error());
    const auto timeline = openTimeline(options.file, console);
    if (!timeline)
        return console.fail(timeline.error());
    const auto from = stepOf(**timeline, options.step ? options.step : options.from.value_or(0));
    const auto to = stepOf(**timeline, options.step ? options.step : options.to);
    if (!from)
        return console.fail(from.error());
    if (!to)
        return console.fail(to.error());
    const auto done = options.json ? showJson(options, **timeline, *from, *to)
                                   : showSteps(options, **timeline, console, *from, *to);
    return done ? ExitStatus::Done : console.fail(done.error());
}

} // namespace

void addShowCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<ShowOptions>();
    CLI::App* command = app.add_subcommand("show", "Print a recording with its narration");
    command->add_option("file", options->file, "The recording")->required();
    auto* step = command->add_option("--step", options->step, "One step in detail, findings with reasons");
    command->add_option("--from", options->from, "First step")->excludes(step);
    command->add_option("--to", options->to, "Last step")->excludes(step);
    command->add_flag("--json", options->json, "Answer in JSON");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return show(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
