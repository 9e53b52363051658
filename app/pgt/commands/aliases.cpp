// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "app/pgt/command.h"
#include "app/pgt/guestoptions.h"
#include "core/base/numbers.h"
#include "core/format/aliasformat.h"
#include "core/rules/framemappings.h"

namespace pgtscope::pgt {

namespace {

struct AliasesOptions {
    GuestOptions guest;
    std::string address;
    std::string format = "text";
    std::size_t limit = 100'000;
};

ExitStatus listAliases(const AliasesOptions& options, Console& console, const core::SnapshotPtr& snapshot,
    const core::SymbolTable& symbols)
{
    const auto address = parseAddress(options.address, symbols);
    if (!address)
        return console.fail(address.error());
    const core::FrameNumber frame = core::frameOf(core::PhysicalAddress(*address));
    const auto reached = core::reachedTables(*snapshot);
    const core::FrameMappings mappings(*snapshot, reached, {frame});
    const auto aliases = mappings.aliases(frame, options.limit);
    const std::uint64_t all = mappings.tally(0).entries;
    if (all > aliases.size())
        console.remark(core::groupedText(all) + " entries map the frame; only "
            + core::groupedText(aliases.size()) + " are listed (--limit)");
    const std::string format = options.guest.json ? "json" : options.format;
    if (format == "json")
        core::writeAliasesJson(std::cout, *snapshot, frame, aliases, options.guest.dialect());
    else if (format == "csv")
        core::writeAliasesCsv(std::cout, *snapshot, frame, aliases);
    else
        core::writeAliasesText(std::cout, *snapshot, frame, aliases, options.guest.dialect());
    return ExitStatus::Done;
}

} // namespace

void addAliasesCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<AliasesOptions>();
    CLI::App* command = app.add_subcommand("aliases", "List every mapping of a physical frame");
    options->guest.addTo(*command);
    command->add_option("address", options->address, "Physical address")->required();
    command->add_option("--format", options->format, "text, json or csv")
        ->capture_default_str()
        ->check(CLI::IsMember({"text", "json", "csv"}));
    command->add_option("--limit", options->limit, "List at most so many entries")->capture_default_str();
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] {
            return withSnapshot(options->guest, invocation.console,
                [&](gdb::GuestSession& session, const core::SnapshotPtr& snapshot) {
                    return listAliases(*options, invocation.console, snapshot, session.symbols());
                });
        };
    });
}

} // namespace pgtscope::pgt
