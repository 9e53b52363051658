// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/manual/resources.h"
#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "core/base/json.h"
#include "core/recording/output.h"
#include "core/report/storyhtml.h"
#include "core/report/storytext.h"

namespace pgtscope::pgt {

namespace {

constexpr std::size_t textColumns = 80;

struct ExportOptions {
    std::string file;
    std::optional<core::StepNumber> from;
    std::optional<core::StepNumber> to;
    std::string format = "html";
    std::string output;
    bool force = false; ///< Replace the file of `output`.
    bool json = false;
};

struct StepRange {
    core::StepNumber from = 0;
    core::StepNumber to = 0; ///< The last one.
};

core::Result<StepRange> rangeOf(const ExportOptions& options, const core::Timeline& timeline)
{
    const auto from = stepOf(timeline, options.from.value_or(0));
    const auto to = stepOf(timeline, options.to);
    if (!from || !to)
        return tl::unexpected(from ? to.error() : from.error());
    if (*to < *from)
        return core::failure("export steps " + std::to_string(*from) + " to " + std::to_string(*to),
            "the last one is before the first");
    return StepRange{*from, *to};
}

core::Result<void> writePage(const core::Timeline& timeline, const core::Annotations& annotations,
    StepRange range, Console& console, std::ostream& out)
{
    core::StoryPageOptions page;
    page.page = app::storyPage();
    page.maker = "pgt " PGTSCOPE_VERSION;
    page.from = range.from;
    page.to = range.to;
    page.progress = console.progress();
    page.cancel = &console.cancel();
    const auto done = core::writeStoryHtml(out, timeline, annotations, page);
    console.clear();
    return done;
}

core::Result<void> write(const ExportOptions& options, const core::Timeline& timeline, StepRange range,
    Console& console, std::ostream& out)
{
    ASSIGN_OR_RETURN(const auto annotations, timeline.annotations());
    if (options.format == "csv")
        return core::writeStoryCsv(out, timeline, range.from, range.to);
    if (options.format == "json")
        return core::writeStoryJson(out, timeline, annotations, range.from, range.to);
    if (options.format == "text")
        return core::writeStoryText(out, timeline, annotations, range.from, range.to, textColumns);
    return writePage(timeline, annotations, range, console, out);
}

core::Result<void> writeFile(
    const ExportOptions& options, const core::Timeline& timeline, StepRange range, Console& console)
{
    const auto existing = options.force ? core::Existing::Replace : core::Existing::Refuse;
    return core::writeOutput(options.output, existing,
        [&](std::ostream& out) { return write(options, timeline, range, console, out); });
}

ExitStatus exportRecording(const ExportOptions& options, Console& console)
{
    const auto timeline = openTimeline(options.file, console);
    if (!timeline)
        return console.fail(timeline.error());
    const auto range = rangeOf(options, **timeline);
    if (!range)
        return console.fail(range.error());
    const bool toOutput = options.output == "-";
    const auto done = toOutput ? write(options, **timeline, *range, console, std::cout)
                               : writeFile(options, **timeline, *range, console);
    if (!done)
        return console.fail(done.error());
    if (options.json && !toOutput)
        std::cout << core::jsonBlock(
            {{"output", options.output}, {"format", options.format}, {"steps", range->to - range->from + 1}})
                  << '\n';
    return ExitStatus::Done;
}

} // namespace

void addExportCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command
        = app.add_subcommand("export", "Write a recording as a page for a browser, JSON, CSV or text");
    command->add_option("file", options->file, "The recording")->required();
    command->add_option("--format", options->format, "html, json, csv or text")
        ->capture_default_str()
        ->check(CLI::IsMember({"html", "json", "csv", "text"}));
    command->add_option("-o,--output", options->output, "The file to write; - for standard output")
        ->required();
    command->add_flag("--force", options->force, "Replace the output file if it exists");
    command->add_option("--from", options->from, "First step");
    command->add_option("--to", options->to, "Last step");
    command->add_flag("--json", options->json, "Print what was written, in JSON");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return exportRecording(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
