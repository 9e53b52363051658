// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/manual.h"

#include <nlohmann/json.hpp>

#include "app/manual/optionstext.h"
#include "app/manual/resources.h"
#include "core/filter/fields.h"
#include "core/linux/events.h"
#include "core/rules/rule.h"

namespace pgtscope::pgt {

namespace {

std::string commandText(const CLI::App& command, const std::string& prefix)
{
    const std::string name = prefix + command.get_name();
    const auto children = command.get_subcommands([](const CLI::App*) { return true; });
    std::string text;
    if (children.empty()) {
        text = name + "\n    " + command.get_description() + '\n';
        // Without a footer of its own a command has inherited the program's.
        if (const std::string more = command.get_footer(); more != command.get_parent()->get_footer())
            text += "    " + more + '\n';
        text += app::optionsText(command) + '\n';
    }
    for (const CLI::App* child : children)
        text += commandText(*child, name + " ");
    return text;
}

std::string commandsText(const CLI::App& app)
{
    std::string text = "\nCOMMANDS\n\n";
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        text += commandText(*command, "pgt ");
    return text;
}

std::string fieldsText()
{
    std::string text;
    for (const core::FieldInfo& field : core::fields()) {
        const char* where = !field.inRuns ? " (filters only)" : !field.inFilter ? " (JSON and CSV only)" : "";
        text += "    " + std::string(field.name) + ": " + std::string(field.meaning) + where + '\n';
    }
    return text;
}

std::string rulesText()
{
    std::string text = "\nRULES\n\n";
    for (const auto& rule : core::allRules())
        text += "    " + std::string(rule->name()) + ": " + std::string(rule->text().description) + '\n';
    return text;
}

std::string eventsText()
{
    std::string text = "\nBOOT EVENTS\n\nNot every kernel has them all: \"pgt events\" tells.\n\n";
    for (const core::BootEvent& event : core::bootEvents())
        text += "    " + std::string(event.name) + " (" + core::releaseText(event)
            + "): " + std::string(event.meaning) + '\n';
    return text + '\n';
}

void addCommandJson(nlohmann::json& list, const CLI::App& command, const std::string& prefix)
{
    const std::string name = prefix + command.get_name();
    const auto children = command.get_subcommands([](const CLI::App*) { return true; });
    for (const CLI::App* child : children)
        addCommandJson(list, *child, name + " ");
    if (!children.empty())
        return;
    nlohmann::json options = nlohmann::json::array();
    for (const CLI::Option* option : command.get_options())
        if (!option->check_lname("help"))
            options.push_back(
                {{"name", app::optionName(*option)}, {"description", option->get_description()}});
    list.push_back({{"name", name}, {"description", command.get_description()}, {"options", options}});
}

} // namespace

std::string manualText(const CLI::App& app)
{
    return std::string(app::manualIntroduction()) + commandsText(app) + std::string(app::manualFilter())
        + fieldsText() + rulesText() + eventsText() + std::string(app::manualJson()) + '\n'
        + std::string(app::manualFiles());
}

nlohmann::json manualJsonObject(const CLI::App& app)
{
    nlohmann::json json;
    json["commands"] = nlohmann::json::array();
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        addCommandJson(json["commands"], *command, {});
    for (const core::FieldInfo& field : core::fields())
        json["fields"].push_back({{"name", field.name}, {"meaning", field.meaning}});
    for (const auto& rule : core::allRules())
        json["rules"].push_back({{"name", rule->name()}, {"description", rule->text().description}});
    for (const core::BootEvent& event : core::bootEvents())
        json["events"].push_back({{"name", event.name}, {"meaning", event.meaning}});
    return json;
}

} // namespace pgtscope::pgt
