// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/stepback.h"

#include <iostream>

#include <nlohmann/json.hpp>

#include "app/pgt/source.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "gdb/qemu/qemulauncher.h"
#include "gdb/relive/instructionback.h"
#include "gdb/relive/liveagain.h"
#include "gdb/relive/liveposition.h"

namespace pgtscope::pgt {

namespace {

using namespace std::chrono_literals;

const char* const tried = "step back";

/// A guest, and where it came from.
struct Came {
    gdb::RunningGuest guest;
    gdb::LiveOrigin origin;
};

core::Result<Came> cameFrom(const GuestOptions& options)
{
    if (!options.connect.empty())
        return core::failure(tried, "no recording has the past of a guest of another program",
            "record its boot with pgt record, and go to a step of that with pgt relive");
    ASSIGN_OR_RETURN(auto guest, gdb::QemuLauncher().find(options.guest));
    auto origin = gdb::liveOrigin(guest);
    if (!origin)
        return core::failure(tried, "no recording has the past of " + guest.id,
            "record its boot with pgt record, and go to a step of that with pgt relive");
    return Came{std::move(guest), std::move(*origin)};
}

core::Result<core::StepNumber> targetOf(const Came& came, const core::Timeline& recorded,
    const GuestOptions& options, gdb::BackTo kind, Console& console)
{
    ASSIGN_OR_RETURN(auto reader, openReader(options, console));
    const auto now = captureGuest(*reader, options, console);
    const auto left = reader->detach();
    RETURN_IF_ERROR(now);
    RETURN_IF_ERROR(left);
    const auto position = gdb::livePosition(recorded, came.origin.step, (*now)->cpu());
    return gdb::stepBackFrom(recorded, came.origin.step, position, kind);
}

gdb::LiveAgainOptions optionsFor(const Came& came, core::StepNumber step)
{
    const gdb::LaunchSpec& spec = came.guest.spec;
    gdb::LiveAgainOptions options;
    options.file = came.origin.file;
    options.step = step;
    // What the user gave once for this recording.
    options.choices = {spec.kernel, spec.initrd, spec.hypervisor, spec.extraQemuArgs, spec.emulator};
    return options;
}

void print(const GuestOptions& options, const Came& came, const gdb::LiveAgain& live, const core::Step& step)
{
    const bool identical = live.relived.difference.empty();
    if (options.json) {
        std::cout << core::jsonBlock({{"step", step.number}, {"file", came.origin.file},
            {"identical", identical}, {"guest", live.guest.id}, {"replaces", came.guest.id}})
                  << '\n';
        return;
    }
    std::cout << "back at step " << step.number << " of " << came.origin.file << ": "
              << (step.event.empty() ? std::string(core::causeText(step.cause)) : step.event)
              << (step.text.empty() ? "" : "  " + step.text) << '\n'
              << (identical ? "identical to the recording\n"
                            : "not identical to the recording; pgt relive shows the difference\n")
              << live.guest.id << " takes the place of " << came.guest.id << '\n';
}

/// Where the guest is now.
struct Here {
    core::SnapshotPtr snapshot;
    gdb::InstructionPlace place;
};

core::Result<Here> hereOf(const Came& came, const GuestOptions& options, Console& console)
{
    ASSIGN_OR_RETURN(auto reader, openReader(options, console));
    const auto now = captureGuest(*reader, options, console);
    const auto place = gdb::instructionPlace(came.guest, gdb::WaitLimit::after(10s, &console.cancel()));
    const auto left = reader->detach();
    RETURN_IF_ERROR(now);
    RETURN_IF_ERROR(place);
    RETURN_IF_ERROR(left);
    return Here{*now, *place};
}

void print(const GuestOptions& options, const Came& came, const gdb::InstructionBack& back)
{
    const core::StepNumber step = back.live.relived.difference.number;
    if (options.json) {
        std::cout << core::jsonBlock({{"step", step}, {"file", came.origin.file},
            {"identical", back.otherEntries == 0}, {"guest", back.live.guest.id}, {"replaces", came.guest.id},
            {"rip", core::hexText(back.rip.value)}, {"instructions", back.instructions}})
                  << '\n';
        return;
    }
    std::cout << "back by one instruction, at " << core::hexText(back.rip.value) << ", " << back.instructions
              << " instructions after the reset, after step " << step << " of " << came.origin.file << '\n';
    if (back.otherEntries != 0)
        std::cout << "not identical: " << back.otherEntries << " entries were otherwise in " << came.guest.id
                  << ", as after an edit; the recorded boot has no such edit\n";
    std::cout << back.live.guest.id << " takes the place of " << came.guest.id << '\n';
}

core::Result<ExitStatus> goBackByInstruction(const GuestOptions& options, Console& console)
{
    ASSIGN_OR_RETURN(const auto came, cameFrom(options));
    RETURN_IF_ERROR(gdb::canGoBackByInstruction(came.guest.spec));
    ASSIGN_OR_RETURN(const auto recorded, openTimeline(came.origin.file, console));
    ASSIGN_OR_RETURN(const auto here, hereOf(came, options, console));
    ASSIGN_OR_RETURN(const auto back,
        gdb::makeLiveBefore(recorded, came.origin, came.guest, *here.snapshot, here.place,
            optionsFor(came, came.origin.step), {console.progress(), console.remarks()}, console.cancel()));
    console.clear();
    print(options, came, back);
    RETURN_IF_ERROR(gdb::QemuLauncher().stop(came.guest, gdb::WaitLimit::after(10s)));
    return back.otherEntries == 0 ? ExitStatus::Done : ExitStatus::Findings;
}

core::Result<ExitStatus> goBack(const GuestOptions& options, const std::string& granularity, Console& console)
{
    const auto kind = gdb::backToNamed(granularity);
    if (!kind)
        return goBackByInstruction(options, console);
    ASSIGN_OR_RETURN(const auto came, cameFrom(options));
    ASSIGN_OR_RETURN(const auto recorded, openTimeline(came.origin.file, console));
    ASSIGN_OR_RETURN(const auto target, targetOf(came, *recorded, options, *kind, console));
    ASSIGN_OR_RETURN(const auto step, recorded->step(target));
    ASSIGN_OR_RETURN(const auto live,
        gdb::makeLive(
            recorded, optionsFor(came, target), {console.progress(), console.remarks()}, console.cancel()));
    console.clear();
    print(options, came, live, step);
    RETURN_IF_ERROR(gdb::QemuLauncher().stop(came.guest, gdb::WaitLimit::after(10s)));
    return live.relived.difference.empty() ? ExitStatus::Done : ExitStatus::Findings;
}

} // namespace

ExitStatus stepBack(const GuestOptions& options, const std::string& granularity, Console& console)
{
    const auto done = goBack(options, granularity, console);
    console.clear();
    return done ? *done : console.fail(done.error());
}

} // namespace pgtscope::pgt
