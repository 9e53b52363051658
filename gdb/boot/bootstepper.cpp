// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/bootstepper.h"

#include <algorithm>
#include <utility>

namespace pgtscope::gdb {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

BootStepper::BootStepper(GuestSession& session, const BootStepperOptions& options)
    : m_session(session)
    , m_options(options)
    , m_run(session, options.cpu)
    , m_watch(session, options.sources, options.cpu, options.kernelRoot)
    , m_console(options.consoleLog)
    , m_death(session.target(), !session.consoleLog().empty())
{
    if (options.consoleKnown)
        m_console.takeKnown();
}

core::Result<void> BootStepper::canFollowEvents(const GuestReader& guest)
{
    if (guest.symbols().empty())
        return core::failure("follow the boot", "no kernel symbols are known",
            "name the kernel with --kernel (bzImage, vmlinux or System.map)");
    if (!guest.placed())
        return core::failure("follow the boot",
            "KASLR has not placed the kernel yet, so its events have no address",
            "give --nokaslr if it was booted with nokaslr; else boot it with nokaslr, or attach once the "
            "kernel runs");
    return {};
}

core::Result<std::unique_ptr<BootStepper>> BootStepper::create(
    GuestSession& session, const BootStepperOptions& options)
{
    const auto follows = canFollowEvents(session);
    if (options.sources.events || options.sources.pgtBuf)
        RETURN_IF_ERROR(follows);
    std::unique_ptr<BootStepper> stepper(new BootStepper(session, options));
    // A kernel that has booted has no event left that would change what is known.
    const bool booted = session.pgtBuf().buffer().trust == core::PgtBufTrust::Stale;
    if (options.sources.events || options.sources.pgtBuf || (follows && !booted))
        stepper->m_watch.findEvents();
    RETURN_IF_ERROR(stepper->m_watch.arm());
    return stepper;
}

core::Result<std::unique_ptr<BootStepper>> BootStepper::resume(
    GuestSession& session, const BootStepperOptions& options, const BootState& state)
{
    RETURN_IF_ERROR(canFollowEvents(session));
    std::unique_ptr<BootStepper> stepper(new BootStepper(session, options));
    stepper->m_watch.findEvents();
    RETURN_IF_ERROR(stepper->m_watch.resume(state));
    return stepper;
}

/// With what has happened since the previous stop that was reported.
BootStop BootStepper::finished(BootStop stop)
{
    const std::string root = m_watch.takeRootChanges();
    stop.step.text += (stop.step.text.empty() || root.empty() ? "" : "; ") + root;
    stop.step.console = m_console.take();
    return stop;
}

core::Result<BootStop> BootStepper::captureNow(core::StepCause cause, std::string text)
{
    return m_watch.capture(cause, std::move(text)).map([this](BootStop stop) {
        return finished(std::move(stop));
    });
}

BootStepper::MaybeStop BootStepper::run(const RunUntil& until)
{
    RETURN_IF_ERROR(checkAlive());
    const auto end = Clock::now() + until.deadline;
    m_console.watchFor(until.console);
    RunUntil left = until;
    for (;;) {
        if (auto stop = endedByItself(); !stop || *stop)
            return stop;
        if (hadEnough(until) || Clock::now() >= end || left.instructions == 0)
            return std::nullopt;
        ASSIGN_OR_RETURN(auto seen, orDeath(advance(left, end), m_session, m_watch.captured(), m_death));
        const bool wanted = seen && until.wanted(*seen);
        if (wanted || (seen && seen->ends()))
            return finished(std::move(seen->stop));
        if (left.instructions)
            --*left.instructions;
    }
}

/// What the console says ends a run: the text that is waited for, or a kernel's or hypervisor's last words.
BootStepper::MaybeStop BootStepper::endedByItself()
{
    m_endedByConsole = m_console.seen();
    if (m_endedByConsole) {
        const std::string text = m_console.watched();
        m_console.watchFor({});
        return captureNow(core::StepCause::UserStop, "console: " + text);
    }
    if (!m_console.lastWordsSaid())
        return std::nullopt;
    return captureNow(core::StepCause::Death, "console: " + m_console.takeLastWords());
}

core::Result<void> BootStepper::checkAlive()
{
    if (!m_watch.captured().previous())
        RETURN_IF_ERROR(m_watch.capture(core::StepCause::Start, {}));
    return m_death.checkAlive(*m_watch.captured().previous());
}

bool BootStepper::hadEnough(const RunUntil& until) const
{
    return (m_options.stopAsked && m_options.stopAsked())
        || (until.enough && until.enough(m_console.quietFor()));
}

/// By one stop, or by one instruction.
BootStepper::MaybeSighting BootStepper::advance(const RunUntil& until, Clock::time_point end)
{
    RETURN_IF_ERROR(m_watch.follow());
    if (auto led = m_watch.ledTo())
        return std::move(*led);
    if (m_watch.inCall() || until.instructions)
        return m_watch.step();
    ASSIGN_OR_RETURN(const auto stop, m_run.toNextStop(end, [this, &until] {
        return m_console.seen() || m_console.lastWordsSaid() || hadEnough(until);
    }));
    return stop ? onStop(*stop) : std::nullopt;
}

BootStepper::MaybeStop BootStepper::next(std::chrono::milliseconds deadline)
{
    return run(
        {.wanted = [](const Sighting& seen) { return seen.wanted; }, .console = {}, .deadline = deadline});
}

BootStepper::MaybeStop BootStepper::runTo(core::LinearAddress address, std::chrono::milliseconds deadline)
{
    ASSIGN_OR_RETURN(const auto number, m_session.target().insertHardwareBreakpoint(address));
    m_place = address;
    auto stop = run({.wanted = [address](const Sighting& seen) { return seen.stop.step.cpu.rip == address; },
        .console = {},
        .deadline = deadline});
    m_place.reset();
    auto removed = m_session.target().removeBreakpoint(number);
    if (stop && !m_session.target().ended())
        RETURN_IF_ERROR(removed);
    return stop;
}

BootStepper::MaybeStop BootStepper::nextWrite(std::uint64_t most, std::chrono::milliseconds deadline)
{
    const auto wanted = [](const Sighting& seen) {
        return seen.stop.step.cause == core::StepCause::TableWrite
            || seen.stop.step.cause == core::StepCause::PgtBufChange;
    };
    return run({.wanted = wanted, .console = {}, .deadline = deadline, .instructions = most});
}

BootStepper::MaybeStop BootStepper::runUntilConsole(std::string_view text, std::chrono::milliseconds deadline)
{
    return run({.wanted = [](const Sighting&) { return false; },
        .console = std::string(text),
        .deadline = deadline});
}

BootStepper::MaybeStop BootStepper::met(const StopEvent& stop)
{
    auto seen = onStop(stop);
    RETURN_IF_ERROR(m_watch.follow());
    RETURN_IF_ERROR(seen);
    if (!*seen || !((*seen)->wanted || (*seen)->ends()))
        return std::nullopt;
    return finished(std::move((*seen)->stop));
}

/// Takes notice of a stop; whether it ends the run is for the caller to decide.
BootStepper::MaybeSighting BootStepper::onStop(const StopEvent& stop)
{
    ASSIGN_OR_RETURN(
        const auto foreign, stop.number ? m_session.runsAnotherDomain(stop.cpu) : core::Result<bool>(false));
    if (foreign)
        return std::nullopt;
    const bool reached = m_place == stop.rip;
    auto seen = m_watch.onStop(stop, reached);
    if (!seen)
        return onOtherStop(stop, reached);
    if (*seen && !**seen && reached)
        return sightingOf(m_watch.capture(core::StepCause::UserStop, {}, stop.cpu));
    return std::move(*seen);
}

/// None of ours: the place of runTo(), what the user set, a signal, the end of the machine.
BootStepper::MaybeSighting BootStepper::onOtherStop(const StopEvent& stop, bool reached)
{
    auto captured
        = m_watch.capture(core::StepCause::UserStop, reached ? std::string() : stop.detail, stop.cpu);
    const auto death = captured && !reached ? m_death.at(stop, *captured->snapshot, m_console.peek())
                                            : std::optional<std::string>();
    if (death)
        captured = m_watch.capture(core::StepCause::Death, *death, stop.cpu);
    return sightingOf(std::move(captured), !reached);
}

} // namespace pgtscope::gdb
