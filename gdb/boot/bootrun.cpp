// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/bootrun.h"

namespace pgtscope::gdb {

namespace {

/// The event that ends a run: the one named, else the last one that the kernel has.
std::string lastEvent(const BootStepper& stepper, const BootRunOptions& options)
{
    if (!options.untilEvent.empty() || stepper.events().available.empty())
        return options.untilEvent;
    return std::string(stepper.events().available.back().event->name);
}

/// A guest that died meets no further event: what it printed last gets a step of its own.
core::Result<BootRunEnd> keepLastWords(
    BootStepper& stepper, const std::function<core::Result<void>(const BootStop&)>& told)
{
    const auto rest = stepper.here(core::StepCause::UserStop, "no further event");
    if (!rest)
        return tl::unexpected(rest.error());
    if (!rest->step.console.empty())
        if (auto done = told(*rest); !done)
            return tl::unexpected(done.error());
    return BootRunEnd::Quiet;
}

core::Result<BootRunEnd> finish(BootStepper& stepper, const BootRunOptions& options, bool reached,
    const std::function<core::Result<void>(const BootStop&)>& told)
{
    if (options.untilConsole.empty())
        return reached ? BootRunEnd::Reached : BootRunEnd::Quiet;
    const auto stop = stepper.runUntilConsole(options.untilConsole, options.patience);
    if (!stop)
        return tl::unexpected(stop.error());
    if (!*stop)
        return keepLastWords(stepper, told);
    if (auto done = told(**stop); !done)
        return tl::unexpected(done.error());
    return BootRunEnd::Reached;
}

} // namespace

core::Result<BootRunEnd> runBoot(BootStepper& stepper, const BootRunOptions& options,
    const std::function<core::Result<void>(const BootStop&)>& told)
{
    const std::string last = lastEvent(stepper, options);
    const auto start = stepper.here(core::StepCause::Start, "recording begins");
    if (!start)
        return tl::unexpected(start.error());
    if (auto done = told(*start); !done)
        return tl::unexpected(done.error());
    for (;;) {
        const auto stop = stepper.next(options.patience);
        if (!stop)
            return tl::unexpected(stop.error());
        if (!*stop)
            return finish(stepper, options, false, told);
        if (auto done = told(**stop); !done)
            return tl::unexpected(done.error());
        const core::BootEvent* met = core::findBootEvent((*stop)->step.event);
        if (met && met->halts)
            return BootRunEnd::Reached;
        if ((*stop)->step.event == last)
            return finish(stepper, options, true, told);
    }
}

} // namespace pgtscope::gdb
