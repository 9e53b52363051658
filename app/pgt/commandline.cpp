// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/command.h"

#include <cerrno>
#include <iostream>
#include <system_error>

#include <unistd.h>

#include "app/manual/version.h"
#include "app/pgt/examples.h"
#include "core/base/lastresort.h"
#include "core/base/terminaltext.h"

namespace pgtscope::pgt {

namespace {

int toInt(ExitStatus status) { return static_cast<int>(status); }

/// CLI11 ends with 0 for --help and with other numbers for errors; ours are 0 and 2.
int reportParse(const CLI::App& app, const CLI::ParseError& error, Console& console)
{
    if (error.get_exit_code() != 0)
        return toInt(console.fail({"understand the command line", error.what(), "see \"pgt help\""}));
    app.exit(error);
    return toInt(ExitStatus::Done);
}

} // namespace

CLI::Validator hasName()
{
    return CLI::Validator(
        [](const std::string& name) { return std::string(name.empty() ? "the file's name is empty" : ""); },
        {}, "name");
}

void addCommands(CLI::App& app, Invocation& invocation)
{
    for (const auto add : {addGuestCommand, addLaunchCommand, addInfoCommand, addWalkCommand,
             addTranslateCommand, addAliasesCommand, addFramesCommand, addSymbolCommand, addCheckCommand,
             addEventsCommand, addRunToCommand, addStepCommand, addPokeCommand, addStoryCommand,
             addRecordCommand, addReliveCommand, addProxyCommand, addShowCommand, addDiffCommand,
             addBlameCommand, addLogCommand, addWritersCommand, addAnnotateCommand, addExportCommand,
             addExerciseCommand, addRecordingCommand, addDoctorCommand, addHelpCommand})
        add(app, invocation);
    addExamples(app);
}

namespace {

int parseAndRun(int argc, char* argv[])
{
    Console console;
    Invocation invocation{console, {}};
    CLI::App app("pgt shows the page tables of a running x86 guest.", "pgt");
    app.set_version_flag("--version", "pgt " + std::string(app::versionText()));
    app.require_subcommand(1);
    app.footer("Exit status: 0 done, 1 findings or differences, 2 wrong usage or failure, 3 gaps.\n\"pgt "
               "help\" shows the first steps, \"pgt help manual\" the whole manual.");
    addCommands(app, invocation);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return reportParse(app, error, console);
    }
    const ExitStatus status = invocation.run();
    console.clear();
    return toInt(status);
}

} // namespace

int runCommandLine(int argc, char* argv[])
{
    core::OutputGuard errors(std::cerr, isatty(STDERR_FILENO) == 1);
    core::OutputGuard output(std::cout, isatty(STDOUT_FILENO) == 1);
    const int status = core::lastResort("pgt", [&] { return parseAndRun(argc, argv); });
    return core::statusWithOutput("pgt", status, output.flush());
}

} // namespace pgtscope::pgt
