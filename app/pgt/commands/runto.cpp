// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/guestoptions.h"
#include "app/pgt/stopoutput.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/linux/events.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/boot/unpacking.h"

namespace pgtscope::pgt {

namespace {

struct RunToOptions {
    GuestOptions guest;
    StopOutput file;
    std::string place;
    unsigned seconds = 120;
};

/// An event, or a symbol with or without an offset, in which case an address needs the kernel's place.
bool namesKernel(const std::string& place, const gdb::GuestSession& session)
{
    const std::string symbol = place.substr(0, place.find_first_of("+-"));
    return core::findBootEvent(place) != nullptr || session.symbols().find(symbol).has_value();
}

core::Result<core::LinearAddress> addressOfPlace(const std::string& place, gdb::GuestSession& session)
{
    if (const core::BootEvent* event = core::findBootEvent(place)) {
        if (event->kind == core::BootEventKind::RootSwitch)
            return core::failure("run to " + place, "a switch of CR3 has no address in the code",
                "use \"pgt step --grain event\" until it comes");
        for (const core::ResolvedEvent& known : core::resolveEvents(session.symbols()).available)
            if (known.event == event && session.placed())
                return known.address;
    }
    if (!session.placed() && namesKernel(place, session))
        return core::failure("find " + place, "KASLR has not placed the kernel yet, so it has no address",
            "boot the guest with nokaslr, or stop it later");
    ASSIGN_OR_RETURN(const auto word, core::parseAddressWord(place, session.symbols()));
    if (word.space == core::AddressSpace::Bare || word.space == core::AddressSpace::Linear)
        return core::LinearAddress(word.value);
    ASSIGN_OR_RETURN(const auto snapshot, session.capture({}));
    return core::linearAddressOf(word, *snapshot);
}

/// Where the guest stopped. `ended`, a sentence, says why that is not the requested place; empty if it is.
struct Arrival {
    core::SnapshotPtr snapshot;
    std::string ended;
    bool gone = false; ///< With its QEMU.
};

/// CS keeps the base that a reset gave it until it is loaded (SDM vol. 3A, 10.1.4): RIP counts from there.
bool isAt(const core::CpuState& cpu, core::LinearAddress address)
{
    constexpr std::uint64_t resetBase = 0xffff0000;
    return cpu.rip == address || cpu.rip + resetBase == address;
}

std::string whyElsewhere(const core::Step& step)
{
    if (step.cause == core::StepCause::Death)
        return "the guest died first: " + step.event + (step.event.empty() || step.text.empty() ? "" : "; ")
            + step.text;
    return "it was stopped first" + (step.text.empty() ? std::string() : " (" + step.text + ")")
        + (step.event.empty() ? std::string() : " at the event " + step.event);
}

/// Runs, and returns where the guest is now.
core::Result<Arrival> runTo(const RunToOptions& options, Console& console, gdb::GuestSession& session)
{
    gdb::CaptureRequest request;
    request.cpu = options.guest.cpu;
    RETURN_IF_ERROR(options.file.recall(session));
    // The first capture finds the kernel's place, so that names have addresses.
    const auto first = session.capture(request);
    RETURN_IF_ERROR(first);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
    if (namesKernel(options.place, session))
        RETURN_IF_ERROR(gdb::runUntilUnpacked(session, options.guest.cpu, end));
    ASSIGN_OR_RETURN(const auto address, addressOfPlace(options.place, session));
    console.progress()("Running to " + options.place, 0, 0);
    gdb::BootStepperOptions stepping;
    stepping.cpu = options.guest.cpu;
    stepping.sources = {.events = false, .pgtBuf = false};
    stepping.consoleLog = session.consoleLog();
    stepping.consoleKnown = true;
    ASSIGN_OR_RETURN(auto stepper, gdb::BootStepper::create(session, stepping));
    ASSIGN_OR_RETURN(const auto before, stepper->captureNow(core::StepCause::Start, {}));
    ASSIGN_OR_RETURN(auto stop, stepper->runTo(address, gdb::leftUntil(end)));
    if (!stop) {
        ASSIGN_OR_RETURN(const auto now, session.capture(request));
        return core::failure("run to " + options.place,
            "the guest did not get there within " + std::to_string(options.seconds) + " s; it is at "
                + now->cpu().codeAddressText()
                + (now->ripSymbol().empty() ? std::string() : ' ' + now->ripSymbol()),
            "--seconds waits longer");
    }
    core::Step& step = stop->step;
    const std::string ended = isAt(step.cpu, address) ? std::string() : whyElsewhere(step);
    step.text = ended.empty() ? "run to " + options.place + (step.text.empty() ? "" : "; ") + step.text
                              : "on the way to " + options.place + ", " + ended;
    RETURN_IF_ERROR(options.file.record(options.guest, session, before.snapshot, *stop));
    return Arrival{stop->snapshot, ended, session.target().ended()};
}

void printPlace(const Arrival& arrival, bool json)
{
    const core::Snapshot& snapshot = *arrival.snapshot;
    if (json)
        std::cout << core::jsonBlock(
            {{"cpu", snapshot.cpu().id}, {"rip", core::hexText(snapshot.cpu().rip.value)},
                {"symbol", snapshot.ripSymbol()}, {"paging", snapshot.paging().name()},
                {"root", core::hexText(snapshot.root().value)}, {"tableFrames", snapshot.tableFrames()},
                {"ended", arrival.ended.empty() ? nlohmann::json() : nlohmann::json(arrival.ended)}})
                  << '\n';
    else
        std::cout << "stopped at " << snapshot.cpu().codeAddressText() << ' ' << snapshot.ripSymbol()
                  << ", CPU " << snapshot.cpu().id << ", paging " << snapshot.paging().name() << ", "
                  << core::groupedText(snapshot.tableFrames()) << " table frames\n";
}

ExitStatus runToPlace(const RunToOptions& options, Console& console)
{
    auto session = openGuest(options.guest, console);
    if (!session)
        return console.fail(session.error());
    const auto arrival = runTo(options, console, **session);
    const auto left = (*session)->close(arrival ? gdb::EndState::Stopped : gdb::EndState::AsFound);
    if (!arrival)
        return console.fail(arrival.error());
    console.clear();
    if (arrival->gone)
        return console.fail({"run to " + options.place, arrival->ended, "launch it again"});
    printPlace(*arrival, options.guest.json);
    if (!arrival->ended.empty())
        return console.fail({"run to " + options.place, arrival->ended,
            "it is stopped at " + arrival->snapshot->cpu().codeAddressText()
                + ": look at it with \"pgt info\", "
                  "\"pgt translate\" or \"pgt check\""});
    return left ? ExitStatus::Done : console.fail(left.error());
}

} // namespace

void addRunToCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<RunToOptions>();
    CLI::App* command
        = app.add_subcommand("run-to", "Run the guest to an address or event and leave it stopped there");
    options->guest.addTo(*command);
    options->file.addTo(*command);
    command->add_option("place", options->place, "Boot event, symbol, symbol+offset or linear address")
        ->required();
    command->add_option("--seconds", options->seconds, "Longest wait")->capture_default_str();
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return runToPlace(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
