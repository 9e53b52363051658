// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <sstream>

#include <sstream>

#include <nlohmann/json.hpp>

#include "app/manual/resources.h"
#include "app/manual/version.h"
#include "app/pgt/examples.h"
#include "core/filter/fields.h"
#include "core/linux/events.h"
#include "core/recording/recordedstate.h"
#include "core/recording/recordingformat.h"
#include "core/recording/stepformat.h"
#include "core/rules/rule.h"
#include "core/steps/stepfields.h"
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

/// Whether the program takes a line as its own syntax; a file need not be here.
void checkSyntax(std::string_view line)
{
    INFO(line);
    CLI::App parser("", "pgt");
    parser.require_subcommand(1); // as the program: a topic of help may be a command's name
    pgt::Console console;
    pgt::Invocation unused{console, {}};
    pgt::addCommands(parser, unused);
    try {
        parser.parse(std::string(line.substr(4)));
    } catch (const CLI::ValidationError&) {
        // A file that is not here.
    } catch (const CLI::ParseError& error) {
        FAIL(error.what());
    }
}

} // namespace

TEST_CASE("the manual names every command and every option, and fits the terminal")
{
    const std::string manual = runPgt({"help", "manual"}).out;
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
    const std::string manual = runPgt({"help", "manual"}).out;
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

TEST_CASE("pgt help fits one screen, and its topics are parts of the manual")
{
    const std::string help = runPgt({"help"}).out;
    CHECK(std::count(help.begin(), help.end(), '\n') <= 40);
    const std::string manual = runPgt({"help", "manual"}).out;
    for (const char* topic : {"filter", "rules", "events", "json", "files", "recording"}) {
        INFO(topic);
        CHECK(contains(help, topic));
        const std::string text = runPgt({"help", topic}).out;
        CHECK(text.size() > 500);
        CHECK(contains(manual, text.substr(0, 200)));
    }
    CHECK(runPgt({"help", "nothing"}).status == 2);
}

TEST_CASE("every command line that the texts of the manual show is the program's syntax")
{
    unsigned lines = 0;
    for (const std::string_view text : {app::manualStart(), app::manualIntroduction(), app::manualFilter(),
             app::manualJson(), app::manualFiles(), app::manualRecording()}) {
        std::istringstream all{std::string(text)};
        for (std::string line; std::getline(all, line);) {
            if (!line.starts_with("    pgt ") || contains(line, "COMMAND") || contains(line, "|"))
                continue;
            ++lines;
            line.erase(0, 4);
            checkSyntax(line.substr(0, line.find("  ")));
        }
    }
    CHECK(lines >= 30);
    // In a sentence of "pgt help recording".
    CHECK(contains(app::manualRecording(), "\"pgt export FILE --format json -o FILE.json\""));
    checkSyntax("pgt export FILE --format json -o FILE.json");
}

TEST_CASE("the first screen of help fits 80 columns as it is written")
{
    std::istringstream all{std::string(app::manualStart())};
    for (std::string line; std::getline(all, line);)
        CHECK(line.size() <= 80);
}

TEST_CASE("options that many commands share are explained once")
{
    const std::string manual = runPgt({"help", "manual"}).out;
    const std::string_view words = "Read memory through this channel only";
    const auto first = manual.find(words);
    REQUIRE(first != std::string::npos);
    CHECK(first > manual.find("\nSHARED OPTIONS\n"));
    CHECK(first < manual.find("\nCOMMANDS\n"));
    CHECK(manual.find(words, first + 1) == std::string::npos);
    for (const char* shared : {"\n    --memory", "\n    --cpu TEXT", "\n    --append",
             "kvm or tcg, QEMU's own way of execution; by default", "\n    --smp",
             "QEMU's program, in PATH or a path", "\n    --deterministic"}) {
        INFO(shared);
        const auto at = manual.find(shared);
        REQUIRE(at != std::string::npos);
        CHECK(manual.find(shared, at + 1) == std::string::npos);
    }
    CHECK(contains(runPgt({"help", "--man"}).out, ".br\nAlso (see SHARED OPTIONS): "));
}

TEST_CASE("every command has two examples in its help and in the manual, and they are its own syntax")
{
    const std::string manual = runPgt({"help", "manual"}).out;
    pgt::Console console;
    pgt::Invocation invocation{console, {}};
    CLI::App app("", "pgt");
    pgt::addCommands(app, invocation);
    forEachCommand(app, "", [&](const CLI::App& command, const std::string& name) {
        INFO(name);
        const auto examples = pgt::examplesOf(name);
        CHECK(examples.size() == 2);
        for (const std::string_view line : examples) {
            INFO(line);
            CHECK(line.starts_with("pgt " + name));
            CHECK(contains(command.help(), line));
            CHECK(contains(manual, "        " + std::string(line) + "\n"));
            checkSyntax(line);
        }
    });
}

TEST_CASE("the page on recordings names every table and the tag of every fact of a step")
{
    const std::string page(app::manualRecording());
    for (const char* table : {"meta(", "step_tail(", "step_chunks(", "keyframes(", "pages(", "symbols(",
             "annotations_format(", "annotations(", "code("})
        CHECK(contains(page, table));
    core::forEachStepField([&](const auto& field) {
        INFO(field.name);
        CHECK(contains(page, "\n    " + std::to_string(field.tag) + ": "));
    });
    core::forEachFact(
        [&](const auto& fact) { CHECK(contains(page, "\n    " + std::to_string(fact.tag) + ": ")); });
    CHECK(contains(page, "(offset 60), " + std::to_string(core::recordingFormat) + " now"));
}

TEST_CASE("the version names the commit, where there is one")
{
    const PgtRun run = runPgt({"--version"});
    CHECK(run.status == 0);
    CHECK(run.out == "pgt " + std::string(app::versionText()) + "\n");
}
