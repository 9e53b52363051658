// SPDX-License-Identifier: GPL-2.0-or-later
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>

#include <nlohmann/json.hpp>

#include "app/pgt/bootguest.h"
#include "app/pgt/command.h"
#include "app/pgt/terminal.h"
#include "core/base/json.h"
#include "core/report/stepjson.h"
#include "core/report/steptext.h"
#include "core/report/textwrap.h"
#include "core/steps/diff.h"
#include "gdb/host/owneddirectory.h"

namespace pgtscope::pgt {

namespace {

struct StoryOptions {
    BootGuestOptions boot;
    bool everyPage = false;
    bool json = false;
};

void print(const gdb::RecordedStep& recorded)
{
    core::StepChanges changes;
    if (recorded.before) {
        core::DiffOptions options;
        options.mappings = false;
        changes = core::diffSnapshots(*recorded.before, *recorded.snapshot, options).tables;
    }
    std::ostringstream text;
    core::writeStepText(text, recorded.step, *recorded.snapshot, recorded.before ? &changes : nullptr);
    std::cout << core::wrapText(text.str(), terminalWidth());
}

void remarkMissing(const core::SymbolTable& symbols, Console& console)
{
    for (const core::MissingEvent& missing : core::resolveEvents(symbols).missing)
        if (missing.event->since <= 6001 && missing.event->flavour == core::KernelFlavour::Any)
            console.remark("left out: " + std::string(missing.event->name) + " (" + missing.reason + ")");
}

core::Result<gdb::BootRunEnd> printStory(
    const StoryOptions& options, const BootGuest& guest, Console& console)
{
    ASSIGN_OR_RETURN(const auto request, options.boot.request());
    ASSIGN_OR_RETURN(const auto scratch, gdb::OwnedDirectory::make(gdb::scratchFiles()));
    ASSIGN_OR_RETURN(
        auto recorder, gdb::Recorder::create((scratch.path() / "story.pgtrec").string(), guest.description));
    remarkMissing(guest.session.symbols(), console);
    bool closed = false;
    const auto listener = [&](const gdb::RecordedStep& recorded) -> core::Result<void> {
        if (options.json)
            std::cout << core::jsonLine(core::stepJson(recorded.step)) << '\n';
        else
            print(recorded);
        closed = !std::cout.flush();
        return closed ? core::failure("print the story", "its output is closed") : core::Result<void>{};
    };
    const auto done = recordBoot(
        guest.session, request, guest.consoleLog, {*recorder, nullptr, listener, guest.last}, console);
    // A reader that closed the output has read enough.
    return closed ? gdb::BootRunEnd::Stopped : done;
}

} // namespace

void addStoryCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<StoryOptions>();
    options->boot.sources = {"event"};
    CLI::App* command
        = app.add_subcommand("story", "Boot a guest and print, step by step, how its page tables are built");
    options->boot.addTo(*command);
    command->add_flag("--every-page", options->everyPage, "Same as --grain event,pgt_buf");
    command->add_flag("--json", options->json, "A line of JSON for each step");
    command->callback([options, &invocation] {
        if (options->everyPage)
            options->boot.sources = {"event", "pgt_buf"};
        invocation.run = [options, &invocation] {
            return withBootGuest(options->boot, invocation.console,
                [&](const BootGuest& guest) { return printStory(*options, guest, invocation.console); });
        };
    });
}

} // namespace pgtscope::pgt
