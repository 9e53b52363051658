// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

#include "app/pgt/console.h"

namespace pgtscope::pgt {

/// What the parsed command line asks for: the chosen subcommand puts its work into `run`.
struct Invocation {
    Console& console;
    std::function<ExitStatus()> run;
};

/// Each adds one subcommand (or a family of them); one file each in commands/.
void addGuestCommand(CLI::App& app, Invocation& invocation);
void addLaunchCommand(CLI::App& app, Invocation& invocation);
void addWalkCommand(CLI::App& app, Invocation& invocation);
void addTranslateCommand(CLI::App& app, Invocation& invocation);
void addAliasesCommand(CLI::App& app, Invocation& invocation);
void addFramesCommand(CLI::App& app, Invocation& invocation);
void addSymbolCommand(CLI::App& app, Invocation& invocation);
void addInfoCommand(CLI::App& app, Invocation& invocation);
void addRunToCommand(CLI::App& app, Invocation& invocation);
void addStepCommand(CLI::App& app, Invocation& invocation);
void addEventsCommand(CLI::App& app, Invocation& invocation);
void addPokeCommand(CLI::App& app, Invocation& invocation);
void addStoryCommand(CLI::App& app, Invocation& invocation);
void addRecordCommand(CLI::App& app, Invocation& invocation);
void addReliveCommand(CLI::App& app, Invocation& invocation);
void addProxyCommand(CLI::App& app, Invocation& invocation);
void addShowCommand(CLI::App& app, Invocation& invocation);
void addDiffCommand(CLI::App& app, Invocation& invocation);
void addBlameCommand(CLI::App& app, Invocation& invocation);
void addLogCommand(CLI::App& app, Invocation& invocation);
void addWritersCommand(CLI::App& app, Invocation& invocation);
void addCheckCommand(CLI::App& app, Invocation& invocation);
void addAnnotateCommand(CLI::App& app, Invocation& invocation);
void addExportCommand(CLI::App& app, Invocation& invocation);
void addExerciseCommand(CLI::App& app, Invocation& invocation);
void addRecordingCommand(CLI::App& app, Invocation& invocation);
void addDoctorCommand(CLI::App& app, Invocation& invocation);
void addHelpCommand(CLI::App& app, Invocation& invocation);

/// A check of options that name a file to write: a name that is empty, as of a shell's unset variable, is not
/// as good as no option.
CLI::Validator hasName();

/// Adds every subcommand, in the order of the manual.
void addCommands(CLI::App& app, Invocation& invocation);
/// Parses the arguments and runs the subcommand; the exit status of the program. What goes to a terminal
/// passes core::TerminalFilter; output that cannot be written is a failure.
int runCommandLine(int argc, char* argv[]);

} // namespace pgtscope::pgt
