// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>
#include <sstream>

#include <nlohmann/json.hpp>

#include "app/pgt/bootguest.h"
#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "app/pgt/terminal.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/report/textwrap.h"
#include "gdb/qemu/bootrecipe.h"
#include "gdb/relive/relive.h"

namespace pgtscope::pgt {

namespace {

using namespace std::chrono_literals;

struct ReliveCommandOptions {
    std::string file;
    core::StepNumber step = 0;
    std::string kernel;
    std::string initrd;
    std::string hypervisor;
    std::vector<std::string> qemuArguments;
    unsigned patienceSeconds = 120;
    std::size_t limit = 20;
    bool json = false;

    gdb::RecipeChoices choices() const { return {kernel, initrd, hypervisor, qemuArguments}; }
};

/// The stops that were chosen for a recording, from what it says of itself.
core::Result<gdb::StepGrains> grainsOf(const core::GuestDescription& guest, const gdb::BootRecipe& recipe)
{
    BootGuestOptions options;
    options.grains.clear();
    std::istringstream words(guest.grain);
    for (std::string word; std::getline(words, word, ',');)
        options.grains.push_back(word);
    options.writesIn = recipe.writesIn;
    options.skip = recipe.skip;
    ASSIGN_OR_RETURN(auto request, options.request());
    return std::move(request.grains);
}

std::string proofText(
    const core::Timeline& recorded, const gdb::Relived& relived, const ReliveCommandOptions& options)
{
    const core::Snapshot& snapshot = *relived.snapshot;
    const std::string where = "step " + std::to_string(options.step);
    if (relived.difference.empty())
        return where + ": identical to the recording: registers, every entry of "
            + core::groupedText(snapshot.tableFrames()) + " tables, pgt_buf and console; "
            + core::groupedText(relived.passed) + " stops passed\n";
    const bool exact = gdb::bootRecipeFrom(recorded.guest().recipe)
                           .map([](const gdb::BootRecipe& recipe) { return recipe.spec.deterministic; })
                           .value_or(false);
    return where + ": not identical to the recording (recorded -> here):\n"
        + core::stopDifferenceText(relived.difference, options.limit)
        + (exact ? "" : "it was recorded without --deterministic: each boot is another after mem_init\n");
}

void print(const core::Timeline& recorded, const gdb::RunningGuest& guest, const gdb::Relived& relived,
    const ReliveCommandOptions& options)
{
    if (options.json) {
        nlohmann::json json{{"step", options.step}, {"identical", relived.difference.empty()},
            {"difference", nullptr}, {"guest", gdb::toJson(guest)}};
        if (!relived.difference.empty())
            json["difference"] = core::stopDifferenceJson(relived.difference);
        std::cout << core::jsonBlock(json) << '\n';
        return;
    }
    std::cout << core::wrapText(proofText(recorded, relived, options), terminalWidth()) << guest.id
              << ", stopped at " << relived.snapshot->cpu().codeAddressText() << ' '
              << relived.snapshot->ripSymbol() << "\n  gdb      " << guest.gdbEndpoint().text()
              << "\n  console  " << guest.consoleLog().string()
              << "\n\nNow try:\n  pgt info     pgt step     pgt run-to FUNCTION     pgt guest stop\n";
}

core::Result<gdb::Relived> reliveIn(const gdb::RunningGuest& guest, const core::Timeline& recorded,
    const gdb::ReliveOptions& options, Console& console)
{
    gdb::SessionOptions sessionOptions;
    sessionOptions.endpoint = guest.gdbEndpoint();
    sessionOptions.guest = guest;
    sessionOptions.remark = console.remarks();
    ASSIGN_OR_RETURN(
        auto session, gdb::GuestSession::open(sessionOptions, console.cancel(), console.progress()));
    auto relived = gdb::relive(*session, recorded, options, console.progress());
    const auto left = session->close(gdb::EndState::Stopped);
    if (relived && !left)
        return tl::unexpected(left.error());
    return relived;
}

/// The guest lives on only if it is where it should be.
ExitStatus reliveStep(const ReliveCommandOptions& options, Console& console)
{
    const auto recorded = openTimeline(options.file, console);
    if (!recorded)
        return console.fail(recorded.error());
    const core::GuestDescription description = (*recorded)->guest();
    const auto recipe = gdb::bootRecipeFrom(description.recipe);
    if (!recipe)
        return console.fail(recipe.error());
    const auto grains = grainsOf(description, *recipe);
    if (!grains)
        return console.fail(grains.error());
    gdb::ReliveOptions reliving{options.step, *grains, {}, std::chrono::seconds(options.patienceSeconds)};
    if (const auto can = gdb::canRelive(**recorded, reliving); !can)
        return console.fail(can.error());
    const auto spec
        = gdb::specToRepeat(*recipe, options.choices(), gdb::WaitLimit::after(60s, &console.cancel()));
    if (!spec)
        return console.fail(spec.error());
    const gdb::QemuLauncher launcher;
    const auto guest = launcher.launch(*spec, gdb::Lifetime::Stays, &console.cancel());
    if (!guest)
        return console.fail(guest.error());
    reliving.consoleLog = guest->consoleLog();
    const auto relived = reliveIn(*guest, **recorded, reliving, console);
    console.clear();
    if (!relived) {
        (void)launcher.stop(*guest, gdb::WaitLimit::after(10s));
        return console.fail(relived.error());
    }
    print(**recorded, *guest, *relived, options);
    return relived->difference.empty() ? ExitStatus::Done : ExitStatus::Findings;
}

} // namespace

void addReliveCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<ReliveCommandOptions>();
    CLI::App* command = app.add_subcommand("relive",
        "Boot a recording's guest again up to one of its steps, compare it with the recording there, and "
        "leave it stopped, as a live guest");
    command->add_option("file", options->file, "The recording, of a guest that pgt record launched")
        ->required();
    command->add_option("--step", options->step, "Step of the recording")->required();
    command
        ->add_option("--kernel", options->kernel, "The recorded kernel, if it is not where it was any more")
        ->check(CLI::ExistingFile);
    command->add_option("--initrd", options->initrd, "Likewise the initial RAM disk")
        ->check(CLI::ExistingFile);
    command->add_option("--hypervisor", options->hypervisor, "Likewise Xen")->check(CLI::ExistingFile);
    command
        ->add_option("--qemu-arg", options->qemuArguments,
            "An argument for QEMU that was given when it was recorded; a recording is not believed in such")
        ->allow_extra_args(false);
    command->add_option("--patience", options->patienceSeconds, "Longest wait for the next stop, in seconds")
        ->capture_default_str();
    command->add_option("--limit", options->limit, "Text: list at most this many differences of each kind")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Answer in JSON, without limit");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return reliveStep(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
