// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "app/pgt/command.h"

namespace pgtscope::pgt {

void addHelpCommand(CLI::App& app, Invocation& invocation)
{
    CLI::App* command
        = app.add_subcommand("help", "The manual: commands, filter language, JSON, exit status");
    command->callback([&invocation] { invocation.run = [] { return ExitStatus::Done; }; });
}

} // namespace pgtscope::pgt
