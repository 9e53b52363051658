// SPDX-License-Identifier: GPL-2.0-or-later
#include <filesystem>
#include <functional>
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
#include "core/linux/events.h"
#include "core/report/textwrap.h"
#include "gdb/checkpoint/checkpoints.h"
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
    bool fromReset = false;
    bool json = false;

    gdb::RecipeChoices choices() const { return {kernel, initrd, hypervisor, qemuArguments}; }
};

/// The stops that were chosen for a recording, from what it says of itself.
core::Result<gdb::EventSources> sourcesOf(const core::GuestDescription& guest, const gdb::BootRecipe& recipe)
{
    BootGuestOptions options;
    options.sources.clear();
    std::istringstream words(guest.granularity);
    for (std::string word; std::getline(words, word, ',');)
        options.sources.push_back(word);
    options.writesIn = recipe.writesIn;
    options.skip = recipe.skip;
    ASSIGN_OR_RETURN(auto request, options.request());
    return std::move(request.sources);
}

/// A recording and what it takes to make its guest live again.
struct Repeated {
    const ReliveCommandOptions& options;
    std::shared_ptr<core::Timeline> recorded;
    gdb::ReliveOptions reliving;
    gdb::LaunchSpec spec;
};

/// A live guest, at the step of the recording.
struct Live {
    gdb::RunningGuest guest;
    gdb::Relived relived;
    std::optional<core::StepNumber> checkpoint; ///< Where it was restored; nullopt: it booted.
};

std::string startText(const Live& live)
{
    const std::string passed = core::groupedText(live.relived.passed)
        + (live.relived.passed == 1 ? " stop passed" : " stops passed");
    return live.checkpoint
        ? "restored from the checkpoint of step " + std::to_string(*live.checkpoint) + ", " + passed
        : passed;
}

std::string proofText(const Repeated& what, const Live& live)
{
    const core::Snapshot& snapshot = *live.relived.snapshot;
    const std::string where = "step " + std::to_string(what.options.step);
    // What the guest had printed before it was saved, it does not print again.
    const bool printed = live.checkpoint != what.options.step;
    if (live.relived.difference.empty())
        return where + ": identical to the recording: registers, every entry of "
            + core::groupedText(snapshot.tableFrames()) + " tables"
            + (printed ? ", pgt_buf and console; " : " and pgt_buf; ") + startText(live) + '\n';
    return where + ": not identical to the recording (recorded -> here); " + startText(live) + ":\n"
        + core::stopDifferenceText(live.relived.difference, what.options.limit)
        + (what.spec.deterministic ? std::string()
                                   : "it was recorded without --deterministic: each boot is another after "
                    + std::string(core::firstEventWith(core::PgtBufEffect::AllocatorEnds).name) + '\n');
}

void print(const Repeated& what, const Live& live)
{
    const gdb::RunningGuest& guest = live.guest;
    if (what.options.json) {
        nlohmann::json json{{"step", what.options.step}, {"identical", live.relived.difference.empty()},
            {"difference", nullptr}, {"checkpoint", nullptr}, {"guest", gdb::toJson(guest)}};
        if (!live.relived.difference.empty())
            json["difference"] = core::stopDifferenceJson(live.relived.difference);
        if (live.checkpoint)
            json["checkpoint"] = *live.checkpoint;
        std::cout << core::jsonBlock(json) << '\n';
        return;
    }
    std::cout << core::wrapText(proofText(what, live), terminalWidth()) << guest.id << ", stopped at "
              << live.relived.snapshot->cpu().codeAddressText() << ' ' << live.relived.snapshot->ripSymbol()
              << "\n  gdb      " << guest.gdbEndpoint().text() << "\n  console  "
              << guest.consoleLog().string()
              << "\n\nNow try:\n  pgt info     pgt step     pgt run-to FUNCTION     pgt guest stop\n";
}

core::Result<gdb::Relived> reliveIn(
    const gdb::RunningGuest& guest, const Repeated& what, const gdb::ReliveOptions& options, Console& console)
{
    gdb::SessionOptions sessionOptions;
    sessionOptions.endpoint = guest.gdbEndpoint();
    sessionOptions.guest = guest;
    sessionOptions.remark = console.remarks();
    if (options.start) {
        ASSIGN_OR_RETURN(const auto restored, what.recorded->snapshot(options.start->step));
        sessionOptions.pgtBuf = restored->pgtBuf();
    }
    ASSIGN_OR_RETURN(
        auto session, gdb::GuestSession::open(sessionOptions, console.cancel(), console.progress()));
    auto relived = gdb::relive(*session, *what.recorded, options, console.progress());
    const auto left = session->close(gdb::EndState::Stopped);
    if (relived)
        RETURN_IF_ERROR(left);
    return relived;
}

using Prepare = std::function<core::Result<void>(const gdb::RunningGuest&)>;

/// The guest lives on only if it is where it should be.
core::Result<Live> launchAndRelive(const Repeated& what, const gdb::LaunchSpec& spec,
    gdb::ReliveOptions options, const Prepare& prepare, Console& console)
{
    const gdb::QemuLauncher launcher;
    ASSIGN_OR_RETURN(auto guest, launcher.launch(spec, gdb::Lifetime::Stays, &console.cancel()));
    options.consoleLog = guest.consoleLog();
    auto relived = prepare(guest).and_then([&] { return reliveIn(guest, what, options, console); });
    console.clear();
    if (relived)
        return Live{std::move(guest), std::move(*relived), std::nullopt};
    (void)launcher.stop(guest, gdb::WaitLimit::after(10s));
    return tl::unexpected(relived.error());
}

/// From the nearest checkpoint. An Error leaves the way from reset.
core::Result<Live> fromCheckpoint(const Repeated& what, const gdb::Checkpoints& checkpoints,
    const gdb::Checkpoint& nearest, Console& console)
{
    const auto boot = gdb::bootStateFrom(nearest.boot);
    if (!boot || nearest.step >= what.recorded->size())
        return core::failure("use the checkpoint of step " + std::to_string(nearest.step),
            "it says nothing sensible about the boot");
    gdb::ReliveOptions options = what.reliving;
    options.start = gdb::ReliveStart{nearest.step, *boot};
    gdb::LaunchSpec spec = what.spec;
    spec.incoming = true;
    const auto restore = [&](const gdb::RunningGuest& guest) {
        return checkpoints.restore(nearest, guest, gdb::WaitLimit::after(30s, &console.cancel()));
    };
    ASSIGN_OR_RETURN(auto live, launchAndRelive(what, spec, std::move(options), restore, console));
    live.checkpoint = nearest.step;
    return live;
}

core::Result<Live> fromReset(const Repeated& what, Console& console)
{
    const auto nothing = [](const gdb::RunningGuest&) { return core::Result<void>(); };
    return launchAndRelive(what, what.spec, what.reliving, nothing, console);
}

core::Result<Live> makeLive(const Repeated& what, Console& console)
{
    // Most recordings have none, which need not be said.
    std::error_code error;
    const auto folder = std::filesystem::symlink_status(gdb::LiveFolder::pathFor(what.options.file), error);
    if (!std::filesystem::exists(folder) || what.options.fromReset)
        return fromReset(what, console);
    const auto checkpoints = gdb::Checkpoints::open(what.options.file, what.recorded->guest());
    const gdb::Checkpoint* nearest = checkpoints ? checkpoints->index().nearest(what.options.step) : nullptr;
    if (checkpoints && !nearest)
        return fromReset(what, console);
    auto live = nearest ? fromCheckpoint(what, *checkpoints, *nearest, console)
                        : core::Result<Live>(tl::unexpected(checkpoints.error()));
    if (live || console.cancel().cancelled())
        return live;
    console.remark("pgt: " + live.error().message() + "; the guest boots from its reset");
    return fromReset(what, console);
}

ExitStatus reliveStep(const ReliveCommandOptions& options, Console& console)
{
    const auto recorded = openTimeline(options.file, console);
    if (!recorded)
        return console.fail(recorded.error());
    const core::GuestDescription description = (*recorded)->guest();
    const auto recipe = gdb::bootRecipeFrom(description.recipe);
    if (!recipe)
        return console.fail(recipe.error());
    const auto sources = sourcesOf(description, *recipe);
    if (!sources)
        return console.fail(sources.error());
    gdb::ReliveOptions reliving{options.step, *sources, {}, std::chrono::seconds(options.patienceSeconds)};
    if (const auto can = gdb::canRelive(**recorded, reliving); !can)
        return console.fail(can.error());
    const auto spec
        = gdb::specToRepeat(*recipe, options.choices(), gdb::WaitLimit::after(60s, &console.cancel()));
    if (!spec)
        return console.fail(spec.error());
    const Repeated what{options, *recorded, reliving, *spec};
    const auto live = makeLive(what, console);
    if (!live)
        return console.fail(live.error());
    print(what, *live);
    return live->relived.difference.empty() ? ExitStatus::Done : ExitStatus::Findings;
}

} // namespace

void addReliveCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<ReliveCommandOptions>();
    CLI::App* command = app.add_subcommand("relive",
        "Boot a recording's guest again up to one of its steps, from the nearest of its checkpoints if it "
        "has "
        "any, compare it with the recording there, and "
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
    command->add_flag(
        "--from-reset", options->fromReset, "Boot from the reset even if the recording has checkpoints");
    command->add_option("--limit", options->limit, "Text: list at most this many differences of each kind")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Answer in JSON, without limit");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return reliveStep(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
