// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/command.h"

#include <iostream>

namespace pgtscope::pgt {

namespace {

int toInt(ExitStatus status) { return static_cast<int>(status); }

/// CLI11 ends with 0 for --help and with other numbers for errors; ours are 0 and 2.
int reportParse(const CLI::App& app, const CLI::ParseError& error)
{
    return app.exit(error) == 0 ? toInt(ExitStatus::Done) : toInt(ExitStatus::Failed);
}

} // namespace

void addCommands(CLI::App& app, Invocation& invocation)
{
    for (const auto add : {addGuestCommand, addLaunchCommand, addInfoCommand, addWalkCommand,
             addTranslateCommand, addAliasesCommand, addFramesCommand, addSymbolCommand, addCheckCommand,
             addEventsCommand, addRunToCommand, addStepCommand, addPokeCommand, addStoryCommand,
             addRecordCommand, addProxyCommand, addShowCommand, addDiffCommand, addBlameCommand,
             addLogCommand, addWritersCommand, addAnnotateCommand, addExportCommand, addHelpCommand})
        add(app, invocation);
}

int runCommandLine(int argc, char* argv[])
{
    Console console;
    Invocation invocation{console, {}};
    CLI::App app("pgt shows the page tables of a running x86 guest.", "pgt");
    app.set_version_flag("--version", PGTSCOPE_VERSION);
    app.require_subcommand(1);
    app.footer("Exit status: 0 done, 1 findings or differences, 2 wrong usage or failure.\n"
               "\"pgt help\" has the whole manual.");
    addCommands(app, invocation);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return reportParse(app, error);
    }
    const ExitStatus status = invocation.run();
    console.clear();
    std::cout.flush();
    return toInt(status);
}

} // namespace pgtscope::pgt
