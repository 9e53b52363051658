// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/arguments.h"

#include <iostream>

#include <CLI/CLI.hpp>

#include "app/manual/completion.h"
#include "app/manual/manpage.h"
#include "app/manual/optionstext.h"
#include "app/manual/resources.h"
#include "app/manual/version.h"
#include "app/pgtscope/exercise.h"
#include "core/exercises/exercise.h"
#include "core/linux/events.h"
#include "core/linux/labguest.h"
#include "gdb/debian/guestcatalogue.h"
#include "views/window/actions.h"

namespace pgtscope::app {

namespace {

std::vector<std::string> exerciseNames()
{
    std::vector<std::string> names;
    for (const core::ExerciseKind& kind : core::exerciseKinds())
        names.emplace_back(kind.name);
    for (const Experiment& experiment : experiments)
        names.emplace_back(experiment.name);
    return names;
}

CompletionValues valuesOf(const CLI::App&, const CLI::Option& option)
{
    CompletionValues values = checkedValues(option);
    values.files |= option.get_positional() || option.check_lname("kernel");
    if (option.check_lname("guest"))
        for (const gdb::GuestRecipe& recipe : gdb::guestCatalogue())
            values.words.emplace_back(recipe.name);
    if (option.check_lname("until"))
        for (const core::BootEvent& event : core::bootEvents())
            values.words.emplace_back(event.name);
    if (option.check_lname("exercise"))
        values.words = exerciseNames();
    return values;
}

class Parser {
public:
    explicit Parser(Arguments& arguments)
    {
        m_cli.set_version_flag("--version", "pgtscope " + std::string(versionText()));
        m_cli.add_flag("--man", m_man, "Print the manual as a page for man(1)");
        m_cli.add_option("--completion", m_shell, "Print completion for this shell: bash, zsh or fish")
            ->type_name("SHELL")
            ->check(CLI::IsMember({"bash", "zsh", "fish"}));
        auto* file = m_cli
                         .add_option("file", arguments.file,
                             "A recording to show, or a moment of it: FILE.pgtrec#step=65&frame=0x437eb")
                         ->option_text("[FILE.pgtrec]");
        auto* guest
            = m_cli.add_option("--guest", arguments.guest, "Launch this guest (see \"pgt guest list\")")
                  ->type_name("NAME");
        m_cli
            .add_option("--append", arguments.append,
                "More parameters for the launched kernel's command line, e.g. "
                    + std::string(core::lab::exampleScenario) + " for the guest lab")
            ->type_name("WORDS")
            ->needs(guest);
        m_cli
            .add_option("--until", arguments.until,
                "Run the launched guest to this boot event first, instead of to the setup of its page tables")
            ->type_name("EVENT")
            ->needs(guest);
        m_cli
            .add_flag("--every-store", arguments.everyStore,
                "Also record every store into a page table of the launched guest: who wrote each entry, and "
                "when")
            ->needs(guest);
        m_cli
            .add_flag("--no-checkpoints", arguments.noCheckpoints,
                "Save no checkpoints of the launched guest; going back live boots it again")
            ->needs(guest);
        auto* connect = m_cli
                            .add_option("--connect", arguments.connect,
                                "Attach to the stub of a running guest: unix:PATH or HOST:PORT")
                            ->type_name("STUB");
        m_cli
            .add_option("--kernel", arguments.kernel,
                "Symbols of the attached kernel: bzImage, vmlinux or System.map")
            ->type_name("FILE")
            ->needs(connect);
        auto* demo = m_cli.add_flag(
            "--demo", arguments.demo, "Show the first walkthrough that is installed with the program");
        auto* exercise
            = m_cli
                  .add_option("--exercise", arguments.exercise,
                      "Ask the question of an exercise and judge the answer: address, translate, rights, "
                      "writable or store; or launch the guest of one and follow its instructions: "
                          + std::string(flipWritable.name) + ", " + skipReadonly.name + " or "
                          + lastEntry.name)
                  ->type_name("NAME");
        m_cli
            .add_option("--seed", arguments.seed,
                "The same seed makes the same exercise, here and in \"pgt exercise\"; else a new one")
            ->needs(exercise);
        exercise->excludes(guest)->excludes(file)->excludes(demo)->excludes(connect);
        connect->excludes(guest)->excludes(file)->excludes(demo);
        guest->excludes(file)->excludes(demo);
        file->excludes(demo);
    }

    std::optional<int> parse(int argc, const char* const* argv)
    {
        try {
            m_cli.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            return m_cli.exit(error) == 0 ? 0 : 2;
        }
        if (!m_man && m_shell.empty())
            return std::nullopt;
        if (!m_shell.empty())
            std::cout << completionScript(shellByName(m_shell), m_cli, valuesOf);
        else
            std::cout << manPage(windowManual(), "pgtscope [FILE.pgtrec | OPTIONS]");
        return 0;
    }

    std::string options() const { return optionsText(m_cli); }

private:
    CLI::App m_cli{"Watch an x86 kernel build its page tables", "pgtscope"};
    bool m_man = false;
    std::string m_shell;
};

/// "&Open recording\u2026" as "Open recording".
std::string plainTitle(std::string_view text)
{
    std::string title;
    for (const char c : text)
        if (c != '&' && static_cast<unsigned char>(c) < 0x80)
            title += c;
    const auto begin = title.find_first_not_of(" |");
    return begin == std::string::npos ? std::string() : title.substr(begin);
}

std::string keysText()
{
    std::string text = "\nKEYS\n\n";
    for (const views::ActionRow& row : views::actionTable()) {
        if (*row.shortcut == 0)
            continue;
        const std::string title = plainTitle(row.text);
        text += "    " + std::string(row.shortcut) + ": " + (title.empty() ? "" : title + ". ")
            + row.description + '\n';
    }
    return text;
}

} // namespace

std::optional<int> parseArguments(Arguments& arguments, int argc, const char* const* argv)
{
    return Parser(arguments).parse(argc, argv);
}

std::string windowManual()
{
    Arguments unused;
    return std::string(manualWindow()) + "\nOPTIONS\n\n" + Parser(unused).options() + keysText() + '\n'
        + std::string(manualFiles());
}

} // namespace pgtscope::app
