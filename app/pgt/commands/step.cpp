// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "app/pgt/command.h"
#include "app/pgt/guestoptions.h"
#include "app/pgt/stepback.h"
#include "app/pgt/stopoutput.h"
#include "app/pgt/stoptext.h"
#include "core/base/json.h"
#include "gdb/boot/singlestep.h"
#include "gdb/boot/unpacking.h"

namespace pgtscope::pgt {

namespace {

struct StepOptions {
    GuestOptions guest;
    StopOutput file;
    std::string granularity = "event";
    unsigned seconds = 120;
    std::uint64_t instructions = 1'000'000;
    bool back = false;
};

struct Stepped {
    gdb::BootStop stop;
    core::SnapshotPtr before;
    std::optional<core::StepNumber> recorded = {}; ///< The stop's step in the file.
};

core::Result<std::unique_ptr<gdb::BootStepper>> stepperFor(
    const StepOptions& options, gdb::GuestSession& session)
{
    gdb::BootStepperOptions stepping;
    stepping.cpu = options.guest.cpu;
    stepping.consoleLog = session.consoleLog();
    stepping.consoleKnown = true;
    stepping.sources.events = options.granularity == "event";
    stepping.sources.pgtBuf = options.granularity == "pgt_buf";
    return gdb::BootStepper::create(session, stepping);
}

gdb::BootStepper::MaybeStop nextStop(
    const StepOptions& options, gdb::BootStepper& stepper, std::chrono::steady_clock::time_point until)
{
    if (options.granularity == "instruction")
        return gdb::stepInstruction(stepper);
    return options.granularity == "write" ? stepper.nextWrite(options.instructions, gdb::leftUntil(until))
                                          : stepper.next(gdb::leftUntil(until));
}

core::Result<Stepped> stepGuest(const StepOptions& options, gdb::GuestSession& session)
{
    gdb::CaptureRequest request;
    request.cpu = options.guest.cpu;
    // Finds where KASLR has put the kernel, if it runs already.
    RETURN_IF_ERROR(session.capture(request));
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
    bool unpacked = false;
    if (options.granularity != "write" && options.granularity != "instruction") {
        ASSIGN_OR_RETURN(unpacked, gdb::runUntilUnpacked(session, options.guest.cpu, until));
    }
    ASSIGN_OR_RETURN(auto stepper, stepperFor(options, session));
    ASSIGN_OR_RETURN(auto here, stepper->captureNow(core::StepCause::Start, {}));
    if (unpacked)
        RETURN_IF_ERROR(stepper->meetHere());
    ASSIGN_OR_RETURN(auto stop, nextStop(options, *stepper, until));
    if (!stop)
        return core::failure("step to the next " + options.granularity,
            options.granularity == "write" && std::chrono::steady_clock::now() < until
                ? "no instruction of " + std::to_string(options.instructions) + " wrote to a table"
                : "there was none within " + std::to_string(options.seconds) + " s",
            "the guest's previous run state is restored; --seconds and --instructions wait longer");
    return Stepped{std::move(*stop), here.snapshot};
}

/// Steps, and records the stop; then the guest is detached.
core::Result<Stepped> stepAndRecord(const StepOptions& options, gdb::GuestSession& session)
{
    auto stepped = options.file.recall(session).and_then([&] { return stepGuest(options, session); });
    if (!stepped)
        return stepped;
    ASSIGN_OR_RETURN(
        const auto recorded, options.file.record(options.guest, session, stepped->before, stepped->stop));
    stepped->recorded = recorded;
    return stepped;
}

ExitStatus step(const StepOptions& options, Console& console)
{
    if (options.back && !options.file.path.empty())
        return console.fail({"step back", "a recording goes forward only", "leave -o out"});
    if (options.back)
        return stepBack(options.guest, options.granularity, console);
    auto session = openGuest(options.guest, console);
    if (!session)
        return console.fail(session.error());
    console.progress()("Stepping to the next " + options.granularity, 0, 0);
    const auto stepped = stepAndRecord(options, **session);
    const auto left = (*session)->close(stepped ? gdb::EndState::Stopped : gdb::EndState::AsFound);
    console.clear();
    if (!stepped)
        return console.fail(stepped.error());
    const auto& [stop, before, recorded] = *stepped;
    if (options.guest.json)
        std::cout << core::jsonBlock(stopJson(stop, before, recorded)) << '\n';
    else
        std::cout << stopText(stop, before);
    if (recorded)
        console.remark("step " + std::to_string(*recorded) + " of " + options.file.path);
    if (!left)
        return console.fail(left.error());
    return stop.step.cause == core::StepCause::Death ? ExitStatus::Findings : ExitStatus::Done;
}

} // namespace

void addStepCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<StepOptions>();
    CLI::App* command
        = app.add_subcommand("step", "Run the guest to its next step and leave it stopped there");
    options->guest.addTo(*command);
    options->file.addTo(*command);
    command
        ->add_option(
            "--grain", options->granularity, "What makes a step: event, pgt_buf, write or instruction")
        ->capture_default_str()
        ->check(CLI::IsMember({"event", "pgt_buf", "write", "instruction"}));
    command->add_option("--seconds", options->seconds, "Longest wait")->capture_default_str();
    command->add_flag("--back", options->back,
        "Of a guest that pgt relive made live: back to the previous event, change of pgt_buf or store of its "
        "recording, or by one instruction of its boot, as --grain says");
    command
        ->add_option("--instructions", options->instructions,
            "With --grain write: give up after this many instructions")
        ->capture_default_str();
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return step(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
