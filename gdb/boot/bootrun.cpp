// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/bootrun.h"

namespace pgtscope::gdb {

namespace {

using Report = std::function<core::Result<void>(const BootStop&)>;

/// The event that ends a run: the one named, else the last one that the kernel has. Null if it has none.
const core::BootEvent* lastEvent(const BootStepper& stepper, const BootRunOptions& options)
{
    if (!options.untilEvent.empty())
        return core::findBootEvent(options.untilEvent);
    return core::lastOf(stepper.events().available);
}

/// A guest that died meets no further event: what it printed last gets a step of its own.
core::Result<BootRunEnd> reportLastWords(BootStepper& stepper, const Report& report, bool booted)
{
    ASSIGN_OR_RETURN(const auto rest,
        stepper.captureNow(
            core::StepCause::UserStop, booted ? "booted: the console prints no more" : "no further event"));
    if (booted || !rest.step.console.empty())
        RETURN_IF_ERROR(report(rest));
    return booted ? BootRunEnd::Reached : BootRunEnd::Quiet;
}

/// What a run has come to.
struct Progress {
    const core::BootEvent* last = nullptr;
    bool waitsForConsole = false;
    bool lastMet = false; ///< What is left is the console, if it is waited for.
    bool fellSilent = false; ///< It has said nothing for long enough.
    std::chrono::steady_clock::time_point lastMetAt{};
    bool ended = false;
};

RunUntil nextOf(Progress& progress, const BootRunOptions& options)
{
    const auto wanted = [&progress](const Sighting& seen) {
        const bool wasMet = progress.lastMet;
        progress.lastMet = wasMet || (seen.event && seen.event == progress.last);
        if (progress.lastMet && !wasMet)
            progress.lastMetAt = std::chrono::steady_clock::now();
        progress.ended = seen.event && seen.event->halts;
        if (wasMet)
            return false;
        // The end of the run is a step at any step granularity, unless the console is that end.
        return seen.wanted || (progress.lastMet && !progress.waitsForConsole);
    };
    const auto enough = [&progress, silence = options.silence](std::chrono::milliseconds silent) {
        progress.fellSilent = progress.lastMet && silence.count() > 0 && silent >= silence
            && std::chrono::steady_clock::now() - progress.lastMetAt >= silence;
        return progress.fellSilent;
    };
    return {
        .wanted = wanted, .console = options.untilConsole, .deadline = options.patience, .enough = enough};
}

/// Lets a kernel that has begun to die run on until its console is silent, whatever breakpoints it hits.
/// Returns what it printed, and what the hypervisor printed then.
std::string lastWordsOf(BootStepper& stepper)
{
    using namespace std::chrono_literals;
    const auto begin = std::chrono::steady_clock::now();
    const RunUntil silence{.wanted = [](const Sighting&) { return false; },
        .console = {},
        .deadline = 3s,
        .enough =
            [begin](std::chrono::milliseconds silent) {
                return silent >= 300ms && std::chrono::steady_clock::now() - begin >= 300ms;
            }};
    std::string said;
    for (bool ended = false; !ended && std::chrono::steady_clock::now() - begin < 3s;) {
        auto stop = stepper.run(silence);
        ended = !stop || !*stop;
        if (stop && !*stop)
            stop = stepper.captureNow(core::StepCause::UserStop, {});
        if (stop && *stop)
            said += (*stop)->step.console;
    }
    return said;
}

} // namespace

core::Result<BootRunEnd> runBoot(BootStepper& stepper, const BootRunOptions& options, const Report& report)
{
    ASSIGN_OR_RETURN(auto start, stepper.captureNow(core::StepCause::Start, "recording starts"));
    const auto alive = stepper.checkAlive();
    const std::string& dead = stepper.death().why();
    if (!alive && dead.empty())
        return tl::unexpected(alive.error());
    if (!dead.empty()) {
        start.step.cause = core::StepCause::Death;
        start.step.text = "recording starts; the guest is dead: " + dead;
    }
    RETURN_IF_ERROR(report(start));
    return dead.empty() ? runBootOn(stepper, options, report) : core::Result<BootRunEnd>(BootRunEnd::Died);
}

core::Result<BootRunEnd> runBootOn(BootStepper& stepper, const BootRunOptions& options, const Report& report)
{
    Progress progress{lastEvent(stepper, options), !options.untilConsole.empty()};
    const RunUntil until = nextOf(progress, options);
    for (;;) {
        ASSIGN_OR_RETURN(auto stop, stepper.run(until));
        if (!stop)
            return reportLastWords(stepper, report, progress.fellSilent);
        const bool died = stop->step.cause == core::StepCause::Death;
        // A dead machine prints nothing more; a kernel prints the reason after panic() has begun.
        if (died && options.hearOut && !stop->step.event.empty())
            stop->step.console += lastWordsOf(stepper);
        RETURN_IF_ERROR(report(*stop));
        if (died)
            return BootRunEnd::Died;
        const bool console = stepper.endedByConsole();
        if (progress.ended || console || (progress.lastMet && !progress.waitsForConsole))
            return BootRunEnd::Reached;
    }
}

} // namespace pgtscope::gdb
