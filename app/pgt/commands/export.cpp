// SPDX-License-Identifier: GPL-2.0-or-later
#include <fstream>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/resources.h"
#include "app/pgt/source.h"
#include "core/format/stepjson.h"
#include "core/format/storyhtml.h"
#include "core/format/storytext.h"

namespace pgtscope::pgt {

namespace {

constexpr std::size_t textColumns = 80;

struct ExportOptions {
    std::string file;
    std::string format = "html";
    std::string output;
    bool json = false;
};

core::Result<void> write(const ExportOptions& options, const core::Timeline& timeline, std::ostream& out)
{
    const auto annotations = timeline.annotations();
    if (!annotations)
        return tl::unexpected(annotations.error());
    if (options.format == "csv")
        return core::writeStoryCsv(out, timeline);
    if (options.format == "json")
        return core::writeStoryJson(out, timeline, *annotations, 0, timeline.size() - 1);
    if (options.format == "text")
        return core::writeStoryText(out, timeline, *annotations, textColumns);
    return core::writeStoryHtml(out, timeline, *annotations, storyPage());
}

core::Result<void> writeFile(const ExportOptions& options, const core::Timeline& timeline)
{
    std::ofstream file(options.output, std::ios::binary);
    if (!file)
        return core::failure("write " + options.output, "the file cannot be made", "check its directory");
    if (auto done = write(options, timeline, file); !done)
        return done;
    return file.flush() ? core::Result<void>{}
                        : core::failure("write " + options.output, "the disk takes no more");
}

ExitStatus exportRecording(const ExportOptions& options, Console& console)
{
    const auto timeline = openTimeline(options.file, console);
    if (!timeline)
        return console.fail(timeline.error());
    const auto last = stepOf(**timeline, std::nullopt);
    if (!last)
        return console.fail(last.error());
    const bool toOutput = options.output == "-";
    const auto done = toOutput ? write(options, **timeline, std::cout) : writeFile(options, **timeline);
    if (!done)
        return console.fail(done.error());
    if (options.json && !toOutput)
        std::cout << core::jsonBlock(
            {{"output", options.output}, {"format", options.format}, {"steps", (*timeline)->size()}})
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
    command->add_flag("--json", options->json, "Say in JSON what was written");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return exportRecording(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
