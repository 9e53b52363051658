// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <nlohmann/json.hpp>

#include "app/manual/resources.h"
#include "core/filter/fields.h"
#include "core/linux/events.h"
#include "core/rules/rule.h"
#include "pgtrunner.h"

using namespace pgtscope;
using namespace pgtscope::tests;

namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

/// Calls `each` for every command that does something, with its full name.
void forEachCommand(const CLI::App& app, const std::string& prefix,
    const std::function<void(const CLI::App&, std::string)>& each)
{
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        const std::string name = prefix + command->get_name();
        if (command->get_subcommands([](const CLI::App*) { return true; }).empty())
            each(*command, name);
        else
            forEachCommand(*command, name + " ", each);
    }
}

} // namespace

TEST_CASE("the manual names every command and every option, and fits the terminal")
{
    const std::string manual = runPgt({"help"}).out;
    pgt::Console console;
    pgt::Invocation invocation{console, {}};
    CLI::App app("", "pgt");
    pgt::addCommands(app, invocation);
    unsigned commands = 0;
    forEachCommand(app, "", [&](const CLI::App& command, const std::string& name) {
        ++commands;
        INFO(name);
        const auto begin = manual.find("pgt " + name + "\n");
        REQUIRE(begin != std::string::npos);
        const std::string section = manual.substr(begin, manual.find("\n\n", begin) - begin);
        for (const CLI::Option* option : command.get_options()) {
            INFO(option->get_name());
            if (option->check_lname("help"))
                continue; // told once for all, in the introduction
            for (const std::string& word : option->get_lnames())
                CHECK(contains(section, "--" + word));
            if (option->get_positional() && option->get_option_text().empty())
                CHECK(contains(section, option->get_name(true)));
        }
    });
    CHECK(commands >= 20);
}

TEST_CASE("the manual tells the JSON of every command, and every command has --json")
{
    const std::string json(app::manualJson());
    pgt::Console console;
    pgt::Invocation invocation{console, {}};
    CLI::App app("", "pgt");
    pgt::addCommands(app, invocation);
    forEachCommand(app, "", [&](const CLI::App& command, const std::string& name) {
        INFO(name);
        CHECK((contains(json, "\n" + name + ":") || contains(json, "\n" + name + ",")
            || contains(json, ", " + name + ":")));
        CHECK(command.get_option_no_throw("--json") != nullptr);
    });
}

TEST_CASE("the manual has every field, rule and boot event, and the exit statuses")
{
    const std::string manual = runPgt({"help"}).out;
    for (const core::FieldInfo& field : core::fields())
        CHECK(contains(manual, "    " + std::string(field.name) + ": "));
    for (const auto& rule : core::allRules())
        CHECK(contains(manual, std::string(rule->name()) + ": "));
    for (const core::BootEvent& event : core::bootEvents())
        CHECK(contains(manual, "    " + std::string(event.name) + " ("));
    CHECK(contains(manual, "EXIT STATUS"));
    CHECK(contains(manual, "XDG_CACHE_HOME"));
    CHECK(nlohmann::json::parse(runPgt({"help", "--json"}).out)["commands"].size() >= 20);
}
