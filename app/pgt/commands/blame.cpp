// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "app/pgt/sourcelines.h"
#include "app/pgt/terminal.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/report/entryhistoryformat.h"
#include "core/report/textwrap.h"

namespace pgtscope::pgt {

namespace {

struct HistoryOptions {
    SourceOptions source;
    bool whole = false; ///< Every event, not the last write alone.
};

/// The entry itself where a physical address is one's; else the entries on the way to the address.
core::Result<core::AddressHistory> historyOf(
    const HistoryOptions& options, Console& console, const Scene& scene)
{
    ASSIGN_OR_RETURN(const auto word, core::parseAddressWord(options.source.operand, scene.symbols));
    if (word.space == core::AddressSpace::Physical) {
        ASSIGN_OR_RETURN(auto entry,
            core::entryHistory(
                *scene.timeline, scene.step, core::PhysicalAddress(word.value), &console.cancel()));
        if (entry)
            return std::move(*entry);
    }
    const auto address = core::linearAddressOf(word, *scene.snapshot);
    RETURN_IF_ERROR(address);
    return core::addressHistory(*scene.timeline, scene.step, *address, &console.cancel());
}

ExitStatus printHistory(const HistoryOptions& options, Console& console, const Scene& scene)
{
    const auto history = historyOf(options, console, scene);
    if (!history)
        return console.fail(history.error());
    const auto lines = sourceLines(options.source.guest.kernel, core::writersOf(*history), console.cancel());
    const core::HistoryNames names{options.source.guest.dialect(), lines};
    if (options.source.guest.json)
        std::cout << core::jsonBlock(options.whole ? core::logJson(*scene.snapshot, *history, names)
                                                   : core::blameJson(*scene.snapshot, *history, names))
                  << '\n';
    else
        std::cout << core::wrapText(options.whole ? core::logText(*scene.snapshot, *history, names)
                                                  : core::blameText(*scene.snapshot, *history, names),
            terminalWidth());
    return ExitStatus::Done;
}

void addHistoryCommand(CLI::App& app, Invocation& invocation, const char* name, const char* text, bool whole)
{
    auto options = std::make_shared<HistoryOptions>();
    options->whole = whole;
    CLI::App* command = app.add_subcommand(name, text);
    options->source.addTo(*command, "ADDRESS");
    command->footer(
        "ADDRESS is linear: a number, a symbol, or symbol+offset; or the physical address of an entry (pa:), "
        "also of one in a detached table. Any other physical address, or a frame (frame:, mfn:, pfn:), means "
        "the linear address that maps it. Writers are known only in a recording made by \"pgt record --grain "
        "write\". With --kernel FILE that has DWARF, each writer has its source line.");
    command->callback([options, name, &invocation] {
        invocation.run = [options, name, &invocation] {
            if (options->source.recording.empty())
                return invocation.console.fail(
                    {std::string("print the history of ") + options->source.operand, "no recording was named",
                        std::string("pgt ") + name + " FILE.pgtrec ADDRESS"});
            return withScene(options->source, invocation.console,
                [&](const Scene& scene) { return printHistory(*options, invocation.console, scene); });
        };
    });
}

struct WritersOptions {
    std::string file;
    bool json = false;
};

ExitStatus printWriters(const WritersOptions& options, Console& console)
{
    const auto timeline = openTimeline(options.file, console);
    if (!timeline)
        return console.fail(timeline.error());
    const auto writers = core::tableWriters(**timeline, &console.cancel());
    if (!writers)
        return console.fail(writers.error());
    if (options.json)
        std::cout << core::jsonBlock(core::writersJson((*timeline)->size(), *writers)) << '\n';
    else
        std::cout << core::writersText(*writers);
    return ExitStatus::Done;
}

} // namespace

void addBlameCommand(CLI::App& app, Invocation& invocation)
{
    addHistoryCommand(app, invocation, "blame",
        "Who wrote each entry on the way to an address: function, step, old and new value", false);
}

void addLogCommand(CLI::App& app, Invocation& invocation)
{
    addHistoryCommand(
        app, invocation, "log", "The whole history of each entry on the way to an address", true);
}

void addWritersCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<WritersOptions>();
    CLI::App* command
        = app.add_subcommand("writers", "Functions by the entries of page tables that they wrote");
    command->add_option("file", options->file, "The recording, made by \"pgt record --grain write\"")
        ->required();
    command->add_flag("--json", options->json, "Answer in JSON");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return printWriters(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
