// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/relive/relive.h"

#include <optional>
#include <vector>

#include "core/base/numbers.h"
#include "gdb/boot/bootrun.h"

namespace pgtscope::gdb {

namespace {

std::string stopText(const core::Step& step)
{
    std::string text = step.event.empty() ? std::string(core::causeText(step.cause)) : step.event;
    if (!step.text.empty())
        text += " (" + step.text + ")";
    return text + " at " + core::hexText(step.cpu.rip.value);
}

/// Whether a step of the recording is a stop of the guest: not so a store that a plugin reported.
bool isStop(const core::Step& step, const EventSources& sources)
{
    return step.cause != core::StepCause::TableWrite || !sources.everyWrite;
}

core::Result<std::optional<core::StepNumber>> nextStop(
    const core::Timeline& recorded, core::StepNumber from, const EventSources& sources)
{
    for (core::StepNumber number = from; number < recorded.size(); ++number) {
        ASSIGN_OR_RETURN(const auto step, recorded.step(number));
        if (isStop(step, sources))
            return std::optional(number);
    }
    return std::optional<core::StepNumber>();
}

/// Meets the recorded stops one after the other.
class Passage {
public:
    /// There is a stepper when a stop is met.
    Passage(GuestSession& session, const std::unique_ptr<BootStepper>& stepper,
        const core::Timeline& recorded, const ReliveOptions& options, const core::Progress& progress)
        : m_session(session)
        , m_stepper(stepper)
        , m_recorded(recorded)
        , m_options(options)
        , m_progress(progress)
    {
    }

    /// The guest was restored at a step: it is compared there.
    core::Result<void> beginAt(core::StepNumber number, const BootStop& stop)
    {
        ASSIGN_OR_RETURN(const auto step, m_recorded.step(number));
        m_next = number + 1;
        BootStop here = stop;
        // What it had printed, and why it stopped, no restored guest shows.
        here.step.cause = step.cause;
        here.step.event = step.event;
        here.step.text = step.text;
        here.step.console = step.console;
        RETURN_IF_ERROR(arrive(step, here));
        if (number == m_options.step)
            return {};
        if (!m_relived.difference.empty())
            return core::failure(m_tried,
                "what was restored at step " + std::to_string(number) + " is not what was recorded there");
        m_relived = {};
        return pokeAgain();
    }

    bool arrived() const { return m_relived.snapshot != nullptr; }
    Relived take() { return std::move(m_relived); }

    /// An Error ends the run; it is none of the user's once arrived().
    core::Result<void> meet(const BootStop& stop)
    {
        RETURN_IF_ERROR(meetOne(stop));
        return arrived() ? core::failure("run on", "the guest is where it should be") : pokeAgain();
    }

private:
    core::Result<void> meetOne(const BootStop& stop)
    {
        ASSIGN_OR_RETURN(const auto number, nextStop(m_recorded, m_next, m_options.sources));
        if (!number)
            return core::failure(m_tried, "the recording has no stop after step " + std::to_string(m_next));
        ASSIGN_OR_RETURN(const auto step, m_recorded.step(*number));
        if (m_progress)
            m_progress("Running to step " + std::to_string(m_options.step), *number, m_options.step);
        const core::Step& now = stop.step;
        if (step.cause != now.cause || step.event != now.event || step.text != now.text)
            return core::failure(m_tried,
                "the boot goes another way: step " + std::to_string(*number) + " of the recording is "
                    + stopText(step) + ", the guest stopped at " + stopText(now),
                "record the boot with --deterministic");
        m_next = *number + 1;
        if (*number == m_options.step)
            return arrive(step, stop);
        ++m_relived.passed;
        return {};
    }

    core::Result<void> arrive(const core::Step& step, const BootStop& stop)
    {
        ASSIGN_OR_RETURN(const auto tables, m_recorded.snapshot(step.number));
        core::Step now = stop.step;
        now.number = step.number;
        now.cpu = stop.snapshot->cpu();
        now.ripSymbol = stop.snapshot->ripSymbol();
        // They follow from the tables, which are compared.
        now.findings = step.findings;
        // The recorder let a dying guest print its last lines before it recorded the step.
        if (step.cause == core::StepCause::Death && step.console.starts_with(now.console))
            now.console = step.console;
        m_relived.difference = core::diffStops(step, *tables, now, *stop.snapshot);
        m_relived.snapshot = stop.snapshot;
        return {};
    }

    /// The recording's next stop may be a poke: what the user changed is changed again.
    core::Result<void> pokeAgain()
    {
        ASSIGN_OR_RETURN(const auto number, nextStop(m_recorded, m_next, m_options.sources));
        if (!number)
            return {};
        ASSIGN_OR_RETURN(const auto step, m_recorded.step(*number));
        if (step.cause != core::StepCause::Poke || !step.text.starts_with("entry at "))
            return {};
        ASSIGN_OR_RETURN(const auto changes, m_recorded.changes(*number));
        if (changes.entries.size() != 1)
            return core::failure(m_tried,
                "step " + std::to_string(*number) + " is a poke of more than one entry",
                "choose a step before it");
        const core::EntryChange& poked = changes.entries.front();
        RETURN_IF_ERROR(
            m_session.replaceEntry({poked.address, poked.bytes, poked.level(), poked.before, poked.after}));
        ASSIGN_OR_RETURN(const auto stop, m_stepper->captureNow(core::StepCause::Poke, step.text));
        return meet(stop);
    }

    GuestSession& m_session;
    const std::unique_ptr<BootStepper>& m_stepper;
    const core::Timeline& m_recorded;
    const ReliveOptions& m_options;
    const core::Progress& m_progress;
    const std::string m_tried = "bring a guest to step " + std::to_string(m_options.step);
    core::StepNumber m_next = 0; ///< Step of the recording from which the next stop is looked for.
    Relived m_relived;
};

} // namespace

core::StepNumber stopBefore(
    const core::Timeline& recorded, core::StepNumber step, const EventSources& sources)
{
    for (; step > 0; --step)
        if (const auto at = recorded.step(step); at && isStop(*at, sources))
            break;
    return step;
}

core::Result<void> canRelive(const core::Timeline& recorded, const ReliveOptions& options)
{
    const std::string tried = "bring a guest to step " + std::to_string(options.step);
    if (options.step >= recorded.size())
        return core::failure(tried,
            recorded.size() == 0 ? "the recording has no step"
                                 : "the last step is " + std::to_string(recorded.size() - 1));
    ASSIGN_OR_RETURN(const auto step, recorded.step(options.step));
    if (!isStop(step, options.sources))
        return recordedStore(recorded, options.step, stopBefore(recorded, options.step, options.sources))
            .map([](const RecordedStore&) {});
    if (step.cause == core::StepCause::UserStop)
        return core::failure(tried,
            "the guest was stopped there from outside (" + step.text + "), at no fixed instruction",
            options.step == 0 ? "" : "choose step " + std::to_string(options.step - 1));
    return {};
}

namespace {

/// Brings a guest to a step, with the same breakpoints as when it was recorded.
class Reliving {
public:
    Reliving(GuestSession& session, const core::Timeline& recorded, const ReliveOptions& options,
        const core::Progress& progress)
        : m_session(session)
        , m_recorded(recorded)
        , m_options(options)
        , m_stop(options)
        , m_passage(session, m_stepper, recorded, m_stop, progress)
    {
        m_stepping.sources = options.sources;
        m_stepping.consoleLog = options.consoleLog;
        m_stepping.kernelRoot = options.sources.everyWrite;
        m_stop.step = stopBefore(recorded, options.step, options.sources);
    }

    core::Result<Relived> run()
    {
        if (m_stop.step != m_options.step) {
            ASSIGN_OR_RETURN(m_store, recordedStore(m_recorded, m_options.step, m_stop.step));
            m_byPlugin = awaitByPlugin(m_session, *m_store);
        }
        const bool here = m_options.start && m_options.start->step == m_options.step && !m_options.then;
        RETURN_IF_ERROR(here ? compareHere() : toStop());
        Relived relived = m_passage.take();
        if (m_store)
            return toStore(std::move(relived), *m_store);
        if (m_options.then && relived.difference.empty())
            m_options.then(m_session, *m_stepper);
        return relived;
    }

private:
    /// The guest was restored at the step that is asked for: nothing has to run.
    core::Result<void> compareHere()
    {
        StopCapture capture(m_session, m_stepping.cpu, m_stepping.kernelRoot);
        ASSIGN_OR_RETURN(const auto stop, capture.capture(core::StepCause::UserStop, {}));
        return m_passage.beginAt(m_stop.step, stop);
    }

    core::Result<void> toStop()
    {
        BootRunOptions run;
        run.patience = m_options.patience;
        const auto& start = m_options.start;
        ASSIGN_OR_RETURN(m_stepper,
            start ? BootStepper::resume(m_session, m_stepping, start->boot)
                  : BootStepper::create(m_session, m_stepping));
        const auto meet = [this](const BootStop& stop) { return m_passage.meet(stop); };
        core::Result<BootRunEnd> ended;
        if (start) {
            ASSIGN_OR_RETURN(const auto here, m_stepper->captureNow(core::StepCause::UserStop, {}));
            const auto begun = m_passage.beginAt(start->step, here);
            ended = begun && !m_passage.arrived() ? runBootOn(*m_stepper, run, meet)
                                                  : begun.map([] { return BootRunEnd::Stopped; });
        } else {
            ended = runBoot(*m_stepper, run, meet);
        }
        if (m_passage.arrived())
            return {};
        RETURN_IF_ERROR(ended);
        return core::failure("bring a guest to step " + std::to_string(m_options.step),
            "its boot ended after " + std::to_string(m_passage.take().passed) + " stops of the recording",
            "record the boot with --deterministic");
    }

    /// From the previous stop.
    core::Result<Relived> toStore(Relived relived, const RecordedStore& store)
    {
        if (!relived.difference.empty())
            return core::failure("bring a guest to step " + std::to_string(m_options.step),
                "at the previous stop, step " + std::to_string(m_stop.step)
                    + ", the guest is not what was recorded",
                "pgt relive --step " + std::to_string(m_stop.step) + " shows the difference");
        ASSIGN_OR_RETURN(const auto here,
            runToStore(m_session, *m_stepper, m_recorded, store, m_byPlugin, m_options.patience));
        ASSIGN_OR_RETURN(const auto step, m_recorded.step(store.step));
        ASSIGN_OR_RETURN(const auto tables, m_recorded.snapshot(store.step));
        ++relived.passed;
        relived.snapshot = here.snapshot;
        relived.difference = differenceAfter(store, step, *tables, here);
        relived.store = store;
        return relived;
    }

    GuestSession& m_session;
    const core::Timeline& m_recorded;
    const ReliveOptions& m_options;
    ReliveOptions m_stop; ///< To the last stop at or before the step.
    BootStepperOptions m_stepping;
    std::unique_ptr<BootStepper> m_stepper;
    Passage m_passage;
    std::optional<RecordedStore> m_store; ///< The step, if it is one.
    bool m_byPlugin = false; ///< The store is waited for inside QEMU.
};

} // namespace

core::Result<Relived> relive(GuestSession& session, const core::Timeline& recorded,
    const ReliveOptions& options, const core::Progress& progress)
{
    RETURN_IF_ERROR(canRelive(recorded, options));
    return Reliving(session, recorded, options, progress).run();
}

} // namespace pgtscope::gdb
