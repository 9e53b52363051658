// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "app/pgt/terminal.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/linux/events.h"
#include "core/report/stepjson.h"
#include "core/report/textwrap.h"
#include "core/timeline/branchparent.h"
#include "gdb/recorder/branch.h"
#include "gdb/relive/liveagain.h"

namespace pgtscope::pgt {

namespace {

struct ReliveCommandOptions {
    gdb::LiveAgainOptions live;
    std::string kernel;
    std::string initrd;
    std::string hypervisor;
    std::string branch; ///< The recording to make; empty: none.
    unsigned patienceSeconds = 120;
    std::size_t limit = 20;
    bool json = false;
};

std::string startText(const gdb::LiveAgain& live)
{
    const std::string passed = core::groupedText(live.relived.passed)
        + (live.relived.passed == 1 ? " stop passed" : " stops passed");
    return live.checkpoint
        ? "restored from the checkpoint of step " + std::to_string(*live.checkpoint) + ", " + passed
        : passed;
}

/// What was found to be the same.
std::string identicalText(const ReliveCommandOptions& options, const gdb::LiveAgain& live)
{
    const std::string tables = core::countText(live.relived.snapshot->tableFrames(), "table");
    if (live.relived.store)
        return "the instruction, the root, every entry of " + tables
            + " but for flags that the processor sets; ";
    // What the guest had printed before it was saved, it does not print again.
    const bool printed = live.checkpoint != options.live.step;
    return "registers, every entry of " + tables + (printed ? ", pgt_buf and console; " : " and pgt_buf; ");
}

std::string proofText(const ReliveCommandOptions& options, const gdb::LiveAgain& live)
{
    const std::string where = "step " + std::to_string(options.live.step);
    if (live.relived.difference.empty())
        return where + ": identical to the recording: " + identicalText(options, live) + startText(live)
            + '\n';
    return where + ": not identical to the recording (recorded -> here); " + startText(live) + ":\n"
        + core::stopDifferenceText(live.relived.difference, options.limit)
        + (live.deterministic ? std::string()
                              : "it was recorded without --deterministic: each boot is another after "
                    + std::string(core::firstEventWith(core::PgtBufEffect::AllocatorEnds).name) + '\n');
}

/// The store after which the guest is, if it is at one.
std::string storeText(const gdb::LiveAgain& live)
{
    if (!live.relived.store)
        return {};
    const core::EntryChange& change = live.relived.store->change;
    const std::string by
        = change.writer->symbol.empty() ? core::hexText(change.writer->rip.value) : change.writer->symbol;
    return "right after the store by " + by + ": entry at " + core::hexText(change.address.value) + ": "
        + core::hexText(change.before) + " -> " + core::hexText(change.after) + '\n';
}

nlohmann::json answerJson(const ReliveCommandOptions& options, const gdb::LiveAgain& live)
{
    const gdb::Relived& relived = live.relived;
    nlohmann::json json{{"step", options.live.step}, {"identical", relived.difference.empty()},
        {"difference", nullptr}, {"checkpoint", nullptr}, {"store", nullptr},
        {"guest", gdb::toJson(live.guest)}};
    json["guest"]["id"] = live.guest.id;
    if (!relived.difference.empty())
        json["difference"] = core::stopDifferenceJson(relived.difference);
    if (live.checkpoint)
        json["checkpoint"] = *live.checkpoint;
    if (relived.store)
        json["store"] = core::entryChangeJson(relived.store->change);
    return json;
}

void print(const ReliveCommandOptions& options, const gdb::LiveAgain& live)
{
    const gdb::RunningGuest& guest = live.guest;
    if (options.json) {
        std::cout << core::jsonBlock(answerJson(options, live)) << '\n';
        return;
    }
    std::cout << core::wrapText(proofText(options, live) + storeText(live), terminalWidth()) << guest.id
              << ", stopped at " << live.relived.snapshot->cpu().codeAddressText() << ' '
              << live.relived.snapshot->ripSymbol() << "\n  gdb      " << guest.gdbEndpoint().text()
              << "\n  console  " << guest.consoleLog().string()
              << "\n\nNow try:\n  pgt info     pgt step     pgt run-to FUNCTION     pgt step --back     "
                 "pgt guest stop\n";
}

/// The recording's past, which the guest's next stops are appended to.
core::Result<void> makeBranch(
    const ReliveCommandOptions& options, const core::Timeline& recorded, Console& console)
{
    if (options.branch.empty())
        return {};
    RETURN_IF_ERROR(gdb::makeBranch(
        recorded, options.live.step, options.branch, "pgt " PGTSCOPE_VERSION, console.progress()));
    console.remark("steps 0 to " + std::to_string(options.live.step) + " in " + options.branch
        + "; \"pgt step -o " + options.branch + "\" appends the guest's next one");
    return {};
}

ExitStatus reliveStep(ReliveCommandOptions& options, Console& console)
{
    if (!options.branch.empty())
        if (const auto free = core::RecordingWriter::checkNew(options.branch); !free)
            return console.fail(free.error());
    const auto recorded = openTimeline(options.live.file, console);
    if (!recorded)
        return console.fail(recorded.error());
    if (const auto parent = core::branchParent((*recorded)->guest()))
        return console.fail({"bring a guest to a step of " + options.live.file,
            "it is a branch: its user led the guest on from step " + std::to_string(parent->step) + " of "
                + parent->file,
            "bring a guest to a step of that"});
    options.live.choices.kernel = options.kernel;
    options.live.choices.initrd = options.initrd;
    options.live.choices.hypervisor = options.hypervisor;
    options.live.patience = std::chrono::seconds(options.patienceSeconds);
    const auto live
        = gdb::makeLive(*recorded, options.live, {console.progress(), console.remarks()}, console.cancel());
    console.clear();
    if (!live)
        return console.fail(live.error());
    print(options, *live);
    if (const auto branch = makeBranch(options, **recorded, console); !branch)
        return console.fail(branch.error());
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
    command->add_option("file", options->live.file, "The recording, of a guest that pgt record launched")
        ->required();
    command->add_option("--step", options->live.step, "Step of the recording")->required();
    command
        ->add_option("--kernel", options->kernel, "The recorded kernel, if it is not where it was any more")
        ->check(CLI::ExistingFile);
    command->add_option("--initrd", options->initrd, "Likewise the initial RAM disk")
        ->check(CLI::ExistingFile);
    command->add_option("--hypervisor", options->hypervisor, "Likewise Xen")->check(CLI::ExistingFile);
    command
        ->add_option("--qemu", options->live.choices.emulator,
            "The QEMU that it was recorded in, in PATH or a path, if that is not the usual one: what a "
            "recording names is not started")
        ->check(hasName());
    command
        ->add_option("--qemu-arg", options->live.choices.extraQemuArgs,
            "An argument for QEMU that was given when it was recorded; a recording is not believed in such")
        ->allow_extra_args(false);
    command->add_option("--patience", options->patienceSeconds, "Longest wait for the next stop, in seconds")
        ->capture_default_str();
    command->add_flag(
        "--from-reset", options->live.fromReset, "Boot from the reset even if the recording has checkpoints");
    command
        ->add_option("-o,--output", options->branch,
            "Make a recording with the steps up to this one, to which \"pgt step -o\" and its like append "
            "what "
            "the guest does from here: a branch that names its parent")
        ->check(hasName());
    command->add_option("--limit", options->limit, "Text: list at most this many differences of each kind")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Answer in JSON, without limit");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return reliveStep(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
