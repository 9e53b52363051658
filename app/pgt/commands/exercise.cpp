// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>
#include <random>

#include <nlohmann/json.hpp>

#include "app/manual/resources.h"
#include "app/pgt/command.h"
#include "app/pgt/terminal.h"
#include "core/base/json.h"
#include "core/exercises/exercisepage.h"
#include "core/exercises/exercisetext.h"
#include "core/recording/output.h"
#include "core/report/textwrap.h"

namespace pgtscope::pgt {

namespace {

constexpr unsigned maxOnPage = 500;

struct ExerciseOptions {
    std::string name;
    std::optional<std::uint64_t> seed;
    std::string answer;
    std::string page; ///< File for a browser.
    std::string record; ///< File for the window and every other command.
    unsigned count = 10; ///< Exercises of the page.
    bool force = false; ///< Replace the file of `page`.
    bool json = false;
};

ExitStatus listKinds(bool json)
{
    nlohmann::json kinds = nlohmann::json::array();
    for (const core::ExerciseKind& kind : core::exerciseKinds()) {
        kinds.push_back({{"name", kind.name}, {"title", kind.title}, {"answer", kind.formText}});
        if (!json)
            std::cout << std::string(kind.name) << std::string(12 - kind.name.size(), ' ') << kind.title
                      << '\n';
    }
    if (json)
        std::cout << core::jsonBlock({{"exercises", kinds}}) << '\n';
    else
        std::cout << "\npgt exercise NAME makes one of them.\n";
    return ExitStatus::Done;
}

/// A short one, to be typed again.
std::uint64_t newSeed() { return std::random_device()() % 1'000'000; }

std::vector<std::unique_ptr<core::Exercise>> exercisesOf(const ExerciseOptions& options, std::uint64_t seed)
{
    std::vector<std::unique_ptr<core::Exercise>> exercises;
    const auto kinds = core::exerciseKinds();
    for (unsigned i = 0; i < options.count; ++i) {
        const core::ExerciseKind& kind
            = options.name.empty() ? kinds[i % kinds.size()] : *core::findExerciseKind(options.name);
        exercises.push_back(kind.make(kind, seed + i));
    }
    return exercises;
}

ExitStatus writePage(const ExerciseOptions& options, std::uint64_t seed, Console& console)
{
    const auto exercises = exercisesOf(options, seed);
    const auto existing = options.force ? core::Existing::Replace : core::Existing::Refuse;
    const auto write = [&](std::ostream& out) -> core::Result<void> {
        core::writeExercisePage(out, exercises, {app::exercisePage(), "pgt " PGTSCOPE_VERSION});
        return {};
    };
    const bool toOutput = options.page == "-";
    const auto done = toOutput ? write(std::cout) : core::writeOutput(options.page, existing, write);
    if (!done)
        return console.fail(done.error());
    if (options.json && !toOutput)
        std::cout << core::jsonBlock({{"output", options.page}, {"seed", seed}, {"count", options.count}})
                  << '\n';
    return ExitStatus::Done;
}

ExitStatus judge(const ExerciseOptions& options, const core::Exercise& exercise, Console& console)
{
    const auto verdict = exercise.judge(options.answer);
    if (!verdict)
        return console.fail(verdict.error());
    if (options.json)
        std::cout << core::jsonBlock({{"name", exercise.kind().name}, {"seed", exercise.seed()},
            {"answer", options.answer}, {"right", verdict->right}, {"why", verdict->why}})
                  << '\n';
    else
        std::cout << core::wrapText(
            (verdict->right ? "Right. " : "Not yet. ") + verdict->why + '\n', terminalWidth());
    return verdict->right ? ExitStatus::Done : ExitStatus::Findings;
}

ExitStatus ask(const ExerciseOptions& options, const core::Exercise& exercise)
{
    if (options.json) {
        std::cout << core::jsonBlock({{"name", exercise.kind().name}, {"seed", exercise.seed()},
            {"question", exercise.question()}, {"answer", exercise.kind().formText},
            {"tables", core::tablesText(exercise.tables())}, {"stores", core::storesText(exercise)}})
                  << '\n';
    } else {
        // Tables are as wide as they are.
        std::cout << core::exerciseText(exercise);
    }
    return ExitStatus::Done;
}

ExitStatus exerciseOf(const ExerciseOptions& options, Console& console)
{
    if (options.name.empty() && options.page.empty())
        return listKinds(options.json);
    const std::uint64_t seed = options.seed ? *options.seed : newSeed();
    if (!options.page.empty())
        return writePage(options, seed, console);
    const core::ExerciseKind& kind = *core::findExerciseKind(options.name);
    const auto exercise = kind.make(kind, seed);
    if (!options.answer.empty())
        return judge(options, *exercise, console);
    if (options.record.empty())
        return ask(options, *exercise);
    const auto done = core::writeExerciseRecording(*exercise, options.record, "pgt " PGTSCOPE_VERSION);
    if (!done)
        return console.fail(done.error());
    if (options.json)
        std::cout << core::jsonBlock(
            {{"output", options.record}, {"seed", seed}, {"steps", exercise->steps().size()}})
                  << '\n';
    return ExitStatus::Done;
}

} // namespace

void addExerciseCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<ExerciseOptions>();
    CLI::App* command = app.add_subcommand("exercise",
        "Make an exercise on page tables from a seed, and judge the answer; without a name, list them");
    std::vector<std::string> names;
    for (const core::ExerciseKind& kind : core::exerciseKinds())
        names.emplace_back(kind.name);
    auto* name = command->add_option("name", options->name, "address, translate, rights, writable or store")
                     ->option_text("[NAME]")
                     ->check(CLI::IsMember(names));
    auto* seed = command->add_option(
        "--seed", options->seed, "The same seed makes the same exercise; else a new one");
    auto* answer = command
                       ->add_option("--answer", options->answer,
                           "Judge this answer: status 0 if it is right, 1 if it is wrong")
                       ->needs(name)
                       ->needs(seed);
    auto* page = command
                     ->add_option("--page", options->page,
                         "Write a page for a browser that judges the answers, - for standard output; without "
                         "a name, of all kinds")
                     ->type_name("FILE")
                     ->excludes(answer);
    command->add_option("--count", options->count, "Exercises of the page, from the seed on")
        ->capture_default_str()
        ->check(CLI::Range(1U, maxOnPage))
        ->needs(page);
    command->add_flag("--force", options->force, "Replace the page's file if it exists")->needs(page);
    command->add_option("--record", options->record, "Write the tables and the question as a recording")
        ->check(hasName())
        ->type_name("FILE")
        ->needs(name)
        ->excludes(answer)
        ->excludes(page);
    command->add_flag("--json", options->json, "Answer in JSON");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return exerciseOf(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
