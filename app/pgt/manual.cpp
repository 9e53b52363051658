// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/manual.h"

#include <map>

#include <nlohmann/json.hpp>

#include "app/manual/optionstext.h"
#include "app/manual/resources.h"
#include "app/pgt/examples.h"
#include "core/filter/fields.h"
#include "core/linux/events.h"
#include "core/report/glossary.h"
#include "core/rules/rule.h"

namespace pgtscope::pgt {

namespace {

std::vector<const CLI::App*> childrenOf(const CLI::App& command)
{
    return command.get_subcommands([](const CLI::App*) { return true; });
}

/// Options with the same words in many commands are printed once.
class SharedOptions {
public:
    explicit SharedOptions(const CLI::App& app) { count(app); }

    bool contains(const CLI::Option& option) const
    {
        const auto found = m_counts.find(app::optionText(option));
        return found != m_counts.end() && found->second >= many;
    }

    std::string text() const
    {
        std::string text;
        for (const std::string& option : m_order)
            if (m_counts.at(option) >= many)
                text += option;
        return text;
    }

private:
    static constexpr unsigned many = 3;

    void count(const CLI::App& command)
    {
        for (const CLI::Option* option : command.get_options())
            if (!option->get_positional() && !option->check_lname("help")
                && ++m_counts[app::optionText(*option)] == 1)
                m_order.push_back(app::optionText(*option));
        for (const CLI::App* child : childrenOf(command))
            count(*child);
    }

    std::map<std::string, unsigned> m_counts; ///< Commands, by an option and its words.
    std::vector<std::string> m_order;
};

std::string optionsOf(const CLI::App& command, const SharedOptions& shared)
{
    std::string own;
    std::string elsewhere;
    for (const CLI::Option* option : command.get_options()) {
        if (option->check_lname("help"))
            continue;
        if (shared.contains(*option))
            elsewhere += (elsewhere.empty() ? "" : ", ") + app::optionName(*option);
        else
            own += app::optionText(*option);
    }
    return (elsewhere.empty() ? "" : "    Also (see SHARED OPTIONS): " + elsewhere + '\n') + own;
}

std::string commandText(const CLI::App& command, const SharedOptions& shared)
{
    std::string text;
    const auto children = childrenOf(command);
    if (children.empty()) {
        const std::string name = fullName(command);
        text = "pgt " + name + "\n    " + command.get_description() + '\n';
        const std::string footer = command.get_footer();
        // Its own words; examples are set apart, and the program's footer is inherited.
        if (const auto end = footer.find("\nExamples:"); end != footer.npos && end != 0)
            text += "    " + footer.substr(0, end);
        text += optionsOf(command, shared);
        if (const auto examples = examplesOf(name); !examples.empty()) {
            text += "    Examples:\n";
            for (const std::string_view line : examples)
                text += "        " + std::string(line) + '\n';
        }
        text += '\n';
    }
    for (const CLI::App* child : children)
        text += commandText(*child, shared);
    return text;
}

std::string commandsText(const CLI::App& app)
{
    const SharedOptions shared(app);
    std::string text = "\nSHARED OPTIONS\n\n" + shared.text() + "\nCOMMANDS\n\n";
    for (const CLI::App* command : childrenOf(app))
        text += commandText(*command, shared);
    return text;
}

std::string fieldsText()
{
    std::string text;
    for (const core::FieldInfo& field : core::fields()) {
        const char* where = !field.inRuns ? " (filters only)"
            : !field.inFilter()           ? " (JSON and CSV only)"
                                          : "";
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
    std::string text = "\nBOOT EVENTS\n\nNot every kernel has all of them: \"pgt events\" lists them.\n\n";
    for (const core::BootEvent& event : core::bootEvents())
        text += "    " + std::string(event.name) + " (" + core::releaseText(event)
            + "): " + std::string(event.meaning) + '\n';
    return text + '\n';
}

std::string glossaryText()
{
    std::string text = "\nGLOSSARY\n\n";
    for (const core::GlossaryTerm& term : core::glossary())
        text += "    " + std::string(term.word) + ": " + std::string(term.meaning) + '\n';
    return text;
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
        + fieldsText() + rulesText() + eventsText() + glossaryText().substr(1) + '\n'
        + std::string(app::manualJson()) + '\n' + std::string(app::manualFiles()) + '\n'
        + std::string(app::manualRecording());
}

std::optional<std::string> manualTopic(std::string_view topic, const CLI::App& app)
{
    if (topic.empty())
        return std::string(app::manualStart());
    if (topic == "manual")
        return manualText(app);
    if (topic == "filter")
        return std::string(app::manualFilter()) + fieldsText();
    if (topic == "rules")
        return rulesText().substr(1);
    if (topic == "events")
        return eventsText().substr(1);
    if (topic == "glossary")
        return glossaryText().substr(1);
    if (topic == "json")
        return std::string(app::manualJson());
    if (topic == "files")
        return std::string(app::manualFiles());
    if (topic == "recording")
        return std::string(app::manualRecording());
    return std::nullopt;
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
