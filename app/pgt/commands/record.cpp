// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/bootguest.h"
#include "app/pgt/command.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/report/stepjson.h"
#include "core/report/textwrap.h"

namespace pgtscope::pgt {

namespace {

struct RecordOptions {
    BootGuestOptions boot;
    std::string file;
    bool durable = false;
    std::string space; ///< For checkpoints; empty: the usual.
    bool json = false;
};

std::string announcement(const core::Step& step)
{
    std::string text = "step " + std::to_string(step.number) + "  "
        + (step.event.empty() ? std::string(core::causeText(step.cause)) : step.event);
    if (!step.text.empty())
        text += "  " + step.text;
    return text;
}

std::string tallyText(const gdb::WriteTally& tally)
{
    return core::countText(tally.changes, "store") + " changed an entry, " + core::groupedText(tally.repeats)
        + " changed nothing; at " + core::countText(tally.stops, "stop")
        + " the tables rebuilt from the stores were compared with the guest's: "
        + (tally.unexplained == 0 ? "they were the same"
                                  : core::countText(tally.unexplained, "entry") + " or "
                    + core::nounText(tally.unexplained, "table") + " differed");
}

core::Result<void> checkOptions(const RecordOptions& options)
{
    const std::string tried = "save checkpoints";
    if (!options.space.empty() && !options.boot.checkpoints)
        return core::failure(tried, "--checkpoint-space goes with --checkpoints");
    if (options.boot.checkpoints && !options.boot.connect.empty())
        return core::failure(tried, "this QEMU runs already", "let pgt launch the guest");
    return options.space.empty() ? core::Result<void>()
                                 : core::parseSize(options.space).map([](std::uint64_t) {});
}

core::Result<std::unique_ptr<gdb::BootCheckpoints>> checkpointsFor(
    const RecordOptions& options, const BootGuest& guest, Console& console)
{
    gdb::CheckpointOptions saving;
    if (!options.space.empty()) {
        ASSIGN_OR_RETURN(saving.space, core::parseSize(options.space));
    }
    saving.remark = console.remarks();
    saving.cancel = &console.cancel();
    return gdb::BootCheckpoints::create(options.file, guest.description, *guest.launched, saving);
}

core::Result<gdb::BootRunEnd> recordGuest(
    const RecordOptions& options, const BootGuest& guest, Console& console)
{
    ASSIGN_OR_RETURN(const auto request, options.boot.request());
    ASSIGN_OR_RETURN(auto recorder,
        gdb::Recorder::create(options.file, guest.description,
            options.durable ? core::Durability::Power : core::Durability::Process));
    if (request.sources.everyWrite)
        RETURN_IF_ERROR(recorder->followWrites(guest.session, *guest.launched));
    std::unique_ptr<gdb::BootCheckpoints> checkpoints;
    if (options.boot.checkpoints) {
        ASSIGN_OR_RETURN(checkpoints, checkpointsFor(options, guest, console));
    }
    const auto listener = [&options](const gdb::RecordedStep& recorded) -> core::Result<void> {
        std::cout << (options.json ? core::jsonLine(core::stepJson(recorded.step))
                                   : announcement(recorded.step))
                  << '\n'
                  << std::flush;
        // The reader may have closed the output; the recording is what counts.
        std::cout.clear();
        return {};
    };
    const auto done = recordBoot(guest.session, request, guest.consoleLog,
        {*recorder, checkpoints.get(), listener, guest.last}, console);
    console.clear();
    if (const auto tally = recorder->writeTally())
        console.remark(tallyText(*tally));
    if (done)
        console.remark(core::countText(recorder->size(), "step") + " in " + options.file
            + "; read it with \"pgt show " + options.file + "\"");
    if (checkpoints)
        console.remark(checkpoints->summary());
    return done;
}

} // namespace

void addRecordCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<RecordOptions>();
    CLI::App* command = app.add_subcommand("record",
        "Boot a guest and record every step in a file; Ctrl-C ends it and leaves the file complete");
    options->boot.addTo(*command);
    command->add_option("-o,--output", options->file, "The recording to make, FILE.pgtrec")->required();
    command->add_flag("--durable", options->durable,
        "Wait for the disk at each step, so that a power failure loses none; slower, above all with every "
        "store");
    command->add_flag("--checkpoints", options->boot.checkpoints,
        "Also save the guest itself here and there, in the folder FILE.live beside the recording, from which "
        "pgt relive restores it: RAM that changed and the state of the machine");
    command->add_option("--checkpoint-space", options->space,
        "What they may take, e.g. 1G, 256M unless given; the oldest are removed for newer ones");
    command->add_flag("--json", options->json, "Print each step as a line of JSON");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] {
            // Before minutes of fetching and booting.
            if (const auto free = core::RecordingWriter::checkNew(options->file); !free)
                return invocation.console.fail(free.error());
            if (const auto can = checkOptions(*options); !can)
                return invocation.console.fail(can.error());
            return withBootGuest(options->boot, invocation.console,
                [&](const BootGuest& guest) { return recordGuest(*options, guest, invocation.console); });
        };
    });
}

} // namespace pgtscope::pgt
