// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/manual/manpage.h"
#include "app/pgt/command.h"
#include "app/pgt/manual.h"
#include "app/pgt/terminal.h"
#include "core/base/json.h"
#include "core/report/textwrap.h"

namespace pgtscope::pgt {

void addHelpCommand(CLI::App& app, Invocation& invocation)
{
    auto json = std::make_shared<bool>(false);
    auto man = std::make_shared<bool>(false);
    CLI::App* command
        = app.add_subcommand("help", "The manual: commands, filter language, JSON, exit status");
    command->add_flag("--json", *json, "Commands, options, fields, rules and events in JSON");
    command->add_flag("--man", *man, "The manual as a page for man(1)");
    command->callback([json, man, &app, &invocation] {
        invocation.run = [json, man, &app] {
            if (*json)
                std::cout << core::jsonBlock(manualJsonObject(app)) << '\n';
            else if (*man)
                std::cout << app::manPage(manualText(app), "pgt COMMAND [OPTIONS]");
            else
                std::cout << core::wrapText(manualText(app), terminalWidth());
            return ExitStatus::Done;
        };
    });
}

} // namespace pgtscope::pgt
