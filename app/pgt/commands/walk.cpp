// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "core/base/numbers.h"
#include "core/filter/snapshotknowledge.h"
#include "core/paging/infotlb.h"
#include "core/report/runwriter.h"
#include "core/report/treewriter.h"
#include "core/walk/unreadtables.h"

namespace pgtscope::pgt {

namespace {

struct WalkOptions {
    SourceOptions source;
    std::string format = "text";
    std::string filter;
    bool levels = false;
    bool physical = false;
    bool expand = false;
    std::uint64_t limit = 0;
};

core::RunOptions runOptionsOf(const WalkOptions& options, core::RunFormat format, Console& console)
{
    core::RunOptions runs = core::runOptions(format, {.physical = options.physical});
    runs.expandShared = runs.expandShared || options.expand;
    runs.maxRuns = options.limit;
    runs.cancel = &console.cancel();
    return runs;
}

ExitStatus printTables(const WalkOptions& options, const core::Snapshot& snapshot)
{
    if (options.source.guest.json)
        core::writeTreeJson(std::cout, snapshot, options.source.guest.dialect());
    else
        core::writeTreeText(std::cout, snapshot, options.source.guest.dialect());
    return ExitStatus::Done;
}

ExitStatus printRuns(const WalkOptions& options, core::RunFormat format, Console& console, const Scene& scene)
{
    const core::SnapshotPtr& snapshot = scene.snapshot;
    core::SnapshotKnowledge known(snapshot, scene.before);
    const auto filter = core::Filter::parse(options.filter, known.lookup(scene.symbols));
    if (!filter)
        return console.fail(filter.error().error(options.filter));
    core::RunOptions runs = runOptionsOf(options, format, console);
    // Who maps a frame may be a table that no root reaches; a TLB never holds such a mapping.
    runs.detached = !filter->empty() && format != core::RunFormat::Tlb;
    const auto writer = core::makeRunWriter(format, *snapshot, std::cout, {.physical = options.physical});
    writer->begin();
    std::uint64_t notFollowed = 0;
    const auto write = [&](const core::Run& run) {
        notFollowed += core::infotlb::followsDespiteReserved(snapshot->paging(), run.first) ? 1U : 0U;
        return writer->write(run);
    };
    const auto end = filter->empty() ? core::forEachRun(*snapshot, runs, write)
                                     : core::forEachRun(*snapshot, runs, *filter, known.knowledge(), write);
    writer->end(end);
    std::cout.flush();
    if (format == core::RunFormat::Tlb && notFollowed != 0)
        console.remark(core::countText(notFollowed, "entry")
            + (notFollowed == 1 ? " sets reserved bits and leads" : " set reserved bits and lead")
            + " to a table that was not read: info tlb lists what it finds below");
    if (end == core::RunsEnd::Cancelled)
        return console.fail({"print every mapping", "stopped by the user", ""});
    // A gap has a line of its own where nothing is filtered and the root was read.
    const bool silent
        = !filter->empty() || (!snapshot->tables().empty() && snapshot->table(0).page == nullptr);
    const auto gaps = silent ? core::unreadTables(*snapshot) : std::vector<std::string>();
    if (!gaps.empty())
        console.remark("incomplete: " + core::joinedText(gaps));
    return ExitStatus::Done;
}

ExitStatus walkScene(const WalkOptions& options, Console& console, const Scene& scene)
{
    const auto format = core::runFormatByName(options.source.guest.json ? "json" : options.format);
    if (!format)
        return console.fail({"print the mappings", "there is no format '" + options.format + "'",
            "use text, tlb, json or csv"});
    return options.levels ? printTables(options, *scene.snapshot)
                          : printRuns(options, *format, console, scene);
}

} // namespace

void addWalkCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<WalkOptions>();
    CLI::App* command = app.add_subcommand("walk", "Print every mapping of a guest or of a step");
    options->source.addTo(*command);
    command->add_option("--format", options->format, "text, tlb, json or csv")->capture_default_str();
    command->add_option(
        "--filter", options->filter, "Only the pages that match the filter, those of detached tables too");
    command->add_flag("--levels", options->levels, "Print the tables level by level instead");
    command->add_flag("--physical", options->physical, "With text: physical addresses too");
    command->add_flag(
        "--expand", options->expand, "Print a shared table again at each place that reaches it");
    command->add_option("--limit", options->limit, "Stop after this many lines (0: no limit)");
    command->callback([options, &invocation] {
        options->source.guest.asInfoTlb = options->format == "tlb" && !options->source.guest.json;
        invocation.run = [options, &invocation] {
            return withScene(options->source, invocation.console,
                [&](const Scene& scene) { return walkScene(*options, invocation.console, scene); });
        };
    });
}

} // namespace pgtscope::pgt
