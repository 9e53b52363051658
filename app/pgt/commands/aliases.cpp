// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "core/base/numbers.h"
#include "core/report/aliasformat.h"
#include "core/walk/framemappings.h"
#include "core/walk/unreadtables.h"

namespace pgtscope::pgt {

namespace {

struct AliasesOptions {
    SourceOptions source;
    std::string format = "text";
    std::size_t limit = 100'000;
};

core::Result<core::FrameNumber> frameAsked(const std::string& text, const Scene& scene)
{
    ASSIGN_OR_RETURN(const auto word, core::parseAddressWord(text, scene.symbols));
    return core::physicalAddressOf(word, *scene.snapshot).map(core::frameOf);
}

ExitStatus listAliases(const AliasesOptions& options, Console& console, const Scene& scene)
{
    const core::SnapshotPtr& snapshot = scene.snapshot;
    const auto found = frameAsked(options.source.operand, scene);
    if (!found)
        return console.fail(found.error());
    const core::FrameNumber frame = *found;
    const auto reached = core::reachedTables(*snapshot);
    const core::FrameMappings mappings(*snapshot, reached, {frame}, options.limit, core::ReachChoice::Every);
    const auto aliases = mappings.aliases(frame, options.limit);
    const std::uint64_t all = mappings.tally(0).entries;
    if (all > aliases.size())
        console.remark(core::groupedText(all) + " entries map the frame; only "
            + core::groupedText(aliases.size()) + (aliases.size() == 1 ? " is" : " are")
            + " listed (--limit)");
    const std::string format = options.source.guest.json ? "json" : options.format;
    if (format == "json")
        core::writeAliasesJson(std::cout, *snapshot, frame, aliases, options.source.guest.dialect());
    else if (format == "csv")
        core::writeAliasesCsv(std::cout, *snapshot, frame, aliases);
    else
        core::writeAliasesText(std::cout, *snapshot, frame, aliases, options.source.guest.dialect());
    const auto gaps = core::unreadTables(*snapshot);
    if (!gaps.empty() && format == "csv")
        console.remark("incomplete: " + core::joinedText(gaps));
    return gaps.empty() ? ExitStatus::Done : ExitStatus::Gaps;
}

} // namespace

void addAliasesCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<AliasesOptions>();
    CLI::App* command = app.add_subcommand("aliases", "List every mapping of a physical frame");
    options->source.addTo(*command, "ADDRESS");
    command->footer("ADDRESS is physical: a number, or frame:, mfn: or pfn: and the number of a frame. A "
                    "symbol, or va: and a number, means the page that is mapped there.");
    command->add_option("--format", options->format, "text, json or csv")
        ->capture_default_str()
        ->check(CLI::IsMember({"text", "json", "csv"}));
    command->add_option("--limit", options->limit, "List at most this many entries")->capture_default_str();
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] {
            return withScene(options->source, invocation.console,
                [&](const Scene& scene) { return listAliases(*options, invocation.console, scene); });
        };
    });
}

} // namespace pgtscope::pgt
