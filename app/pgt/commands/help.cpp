// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/manual/manpage.h"
#include "app/pgt/command.h"
#include "app/pgt/completion.h"
#include "app/pgt/manual.h"
#include "app/pgt/terminal.h"
#include "core/base/json.h"
#include "core/report/textwrap.h"

namespace pgtscope::pgt {

namespace {

struct HelpOptions {
    std::string topic;
    std::string shell;
    bool json = false;
    bool man = false;
};

std::string helpText(const HelpOptions& options, const CLI::App& app)
{
    if (options.json)
        return core::jsonBlock(manualJsonObject(app)) + '\n';
    if (options.man)
        return app::manPage(manualText(app), "pgt COMMAND [OPTIONS]");
    if (!options.shell.empty())
        return app::completionScript(app::shellByName(options.shell), app, completionValues);
    return core::wrapText(*manualTopic(options.topic, app), terminalWidth());
}

} // namespace

void addHelpCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<HelpOptions>();
    CLI::App* command = app.add_subcommand("help",
        "Show the first steps, or a topic: the filter language, rules, events, JSON, files, or the whole "
        "manual");
    command
        ->add_option(
            "topic", options->topic, "manual, filter, rules, events, glossary, json, files or recording")
        ->check(CLI::IsMember(std::vector<std::string>(std::begin(manualTopics), std::end(manualTopics))));
    command->add_flag("--json", options->json, "Commands, options, fields, rules and events in JSON");
    command->add_flag("--man", options->man, "The manual as a page for man(1)");
    command->add_option("--completion", options->shell, "Completion for this shell: bash, zsh or fish")
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->callback([options, &app, &invocation] {
        invocation.run = [options, &app] {
            std::cout << helpText(*options, app);
            return ExitStatus::Done;
        };
    });
}

} // namespace pgtscope::pgt
