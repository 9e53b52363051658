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
    , m_capture(session, options.cpu, options.kernelRoot)
    , m_breakpoints(session.target())
    , m_rootSwitches(session)
    , m_pgtBufWatch(session)
    , m_allocations(session, m_run, m_breakpoints, options.cpu, options.sources.everyWrite)
    , m_slots(session, m_breakpoints, m_rootSwitches, m_allocations)
    , m_skip(session, m_run, options.cpu, options.sources.skips, options.sources.skipCall)
    , m_writes(session, m_run, m_capture, options.cpu, options.sources.writesIn)
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
        stepper->m_events = core::resolveEvents(session.symbols());
    RETURN_IF_ERROR(stepper->arm());
    return stepper;
}

core::Result<void> BootStepper::arm()
{
    return armEvents()
        .and_then([this] { return m_writes.arm(); })
        .and_then([this] { return m_skip.arm(); })
        .and_then([this] { return armPgtBuf(); })
        .map([this] { m_slots.rank(); });
}

core::Result<void> BootStepper::armEvents()
{
    if (m_events.available.empty())
        return {};
    ASSIGN_OR_RETURN(const auto start, m_run.beforeKernel(m_events));
    RETURN_IF_ERROR(m_breakpoints.insert(m_events.available, start, m_session.kernel().entryShift()));
    if (start)
        RETURN_IF_ERROR(m_run.cpu().and_then(
            [this](const core::CpuState& now) { return m_breakpoints.beginAt(now.rip); }));
    m_slots.begin(m_events, m_options.cpu, start, m_options.sources.softBreakpoints);
    lookForAllocator();
    return m_session.kernel().knowsInlined() ? m_breakpoints.insertInlined(m_events) : core::Result<void>();
}

void BootStepper::lookForAllocator()
{
    m_hasAllocator = std::any_of(m_events.available.begin(), m_events.available.end(),
        [](const auto& event) { return event.event->pgtBuf == core::PgtBufEffect::Allocator; });
}

core::Result<void> BootStepper::armPgtBuf()
{
    if (!m_options.sources.pgtBuf)
        return {};
    const auto armed = m_pgtBufWatch.arm();
    m_followsAllocations = m_hasAllocator && m_pgtBufWatch.armed();
    return m_options.sources.events ? core::Result<void>() : armed;
}

core::Result<BootStop> BootStepper::capture(
    core::StepCause cause, std::string text, std::optional<unsigned> cpu)
{
    auto stop = m_capture.capture(cause, std::move(text), cpu);
    if (stop) {
        m_root.note(m_events, *stop->snapshot);
        m_slots.saw(*stop->snapshot);
        if (m_breakpoints.anySpent() && m_failures.mayFollow(stop->snapshot))
            RETURN_IF_ERROR(m_breakpoints.rearm());
    }
    return stop;
}

/// With what has happened since the previous stop that was reported.
BootStop BootStepper::finished(BootStop stop)
{
    const std::string root = m_root.take();
    stop.step.text += (stop.step.text.empty() || root.empty() ? "" : "; ") + root;
    stop.step.console = m_console.take();
    return stop;
}

core::Result<BootStop> BootStepper::captureNow(core::StepCause cause, std::string text)
{
    return capture(cause, std::move(text)).map([this](BootStop stop) { return finished(std::move(stop)); });
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
        ASSIGN_OR_RETURN(auto seen, orDeath(advance(left, end), m_session, m_capture, m_death));
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
    if (!m_capture.previous())
        RETURN_IF_ERROR(capture(core::StepCause::Start, {}));
    return m_death.checkAlive(*m_capture.previous());
}

bool BootStepper::hadEnough(const RunUntil& until) const
{
    return (m_options.stopAsked && m_options.stopAsked())
        || (until.enough && until.enough(m_console.quietFor()));
}

/// By one stop, or by one instruction.
BootStepper::MaybeSighting BootStepper::advance(const RunUntil& until, Clock::time_point end)
{
    RETURN_IF_ERROR(m_allocations.followRoom());
    m_slots.rank();
    if (const auto led = std::exchange(m_ledTo, std::nullopt)) {
        const auto now = m_run.cpu();
        const auto met = m_breakpoints.met(led->breakpoint);
        if (now && now->rip == led->address && met)
            return onEvent(led->breakpoint, *met);
    }
    if (m_writes.inCall() || until.instructions)
        return stepOnce();
    ASSIGN_OR_RETURN(const auto stop, m_run.toNextStop(end, [this, &until] {
        return m_console.seen() || m_console.lastWordsSaid() || hadEnough(until);
    }));
    return stop ? onStop(*stop) : std::nullopt;
}

core::Result<void> BootStepper::meetHere()
{
    ASSIGN_OR_RETURN(const auto now, m_run.cpu());
    if (const auto breakpoint = m_breakpoints.at(now.rip))
        m_ledTo = LedTo{*breakpoint, now.rip};
    return {};
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
    if (stop)
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
    RETURN_IF_ERROR(m_allocations.followRoom());
    m_slots.rank();
    RETURN_IF_ERROR(seen);
    if (!*seen || !((*seen)->wanted || (*seen)->ends()))
        return std::nullopt;
    return finished(std::move((*seen)->stop));
}

std::string BootStepper::nameOf(unsigned number) const
{
    if (m_pgtBufWatch.owns(number))
        return "pgt_buf_end changed";
    if (const auto met = m_breakpoints.met(number)) {
        const core::BootEvent* event = met->event ? met->event : met->atReturn;
        return "boot event " + std::string(event->name);
    }
    return m_rootSwitches.owns(number) ? "CR3 is written" : "its own work";
}

BootStepper::MaybeSighting BootStepper::stepOnce()
{
    if (!m_capture.previous())
        RETURN_IF_ERROR(capture(core::StepCause::Start, {}));
    ASSIGN_OR_RETURN(const auto stepped, m_writes.step());
    if (const auto breakpoint = m_breakpoints.at(stepped.rip))
        m_ledTo = LedTo{*breakpoint, stepped.rip};
    if (m_pgtBufWatch.owns(stepped.number))
        return onPgtBuf(stepped);
    auto stop = m_writes.written();
    m_root.note(m_events, *m_capture.previous());
    RETURN_IF_ERROR(stop);
    if (!*stop)
        return std::nullopt;
    return sightingOf(std::move(**stop));
}

/// All that a stop means for what is known of the boot; whether it ends the run is for the caller to decide.
BootStepper::MaybeSighting BootStepper::onStop(const StopEvent& stop)
{
    ASSIGN_OR_RETURN(
        const auto foreign, stop.number ? m_session.runsAnotherDomain(stop.cpu) : core::Result<bool>(false));
    if (foreign)
        return std::nullopt;
    const bool entersCall = m_writes.beginsAt(stop);
    if (entersCall) {
        RETURN_IF_ERROR(m_writes.begin());
        // What changed before the call must not be attributed to it.
        RETURN_IF_ERROR(capture(core::StepCause::UserStop, {}));
    }
    auto seen = sightingAt(stop);
    if (seen && !*seen && m_place == stop.rip)
        return sightingOf(capture(core::StepCause::UserStop, {}, stop.cpu));
    return seen;
}

BootStepper::MaybeSighting BootStepper::sightingAt(const StopEvent& stop)
{
    if (m_pgtBufWatch.owns(stop.number))
        return onPgtBuf(stop);
    if (stop.number && m_skip.owns(*stop.number))
        return onSkip();
    if (const auto met = stop.number ? m_breakpoints.met(*stop.number) : std::nullopt)
        return onEvent(*stop.number, *met);
    if (stop.number && m_rootSwitches.owns(*stop.number))
        return onRootSwitch(*stop.number);
    if (stop.number && m_allocations.owns(*stop.number))
        return onAllocated();
    if (stop.number && m_writes.owns(*stop.number))
        return std::nullopt;
    const bool reached = m_place == stop.rip;
    // Of two breakpoints at one address a stop names one only: the event is met all the same.
    if (const auto number = reached ? m_breakpoints.at(stop.rip) : std::nullopt)
        if (const auto met = m_breakpoints.met(*number))
            return onEvent(*number, *met);
    return onOtherStop(stop);
}

/// None of ours: the place of runTo(), what the user set, a signal, the end of the machine.
BootStepper::MaybeSighting BootStepper::onOtherStop(const StopEvent& stop)
{
    const bool reached = m_place == stop.rip;
    auto captured = capture(core::StepCause::UserStop, reached ? std::string() : stop.detail, stop.cpu);
    const auto death = captured && !reached ? m_death.at(stop, *captured->snapshot, m_console.peek())
                                            : std::optional<std::string>();
    if (death)
        captured = capture(core::StepCause::Death, *death, stop.cpu);
    return sightingOf(std::move(captured), !reached);
}

BootStepper::MaybeSighting BootStepper::onEvent(unsigned number, const MetEvent& met)
{
    m_slots.met(met.event ? *met.event : *met.atReturn);
    if (met.event && met.event->pgtBuf == core::PgtBufEffect::Allocator && m_followsAllocations) {
        m_breakpoints.seen(number);
        RETURN_IF_ERROR(m_allocations.entered(number));
        return std::exchange(m_allocatorSeen, true) ? MaybeSighting(std::nullopt) : eventSighting(*met.event);
    }
    if (met.atReturn) {
        const auto address = m_run.returnAddress();
        // Where the stack cannot be read, the event at the return is missed; the boot goes on.
        if (address)
            RETURN_IF_ERROR(m_breakpoints.insertReturn(number, *address));
    }
    RETURN_IF_ERROR(m_breakpoints.passed(number));
    if (!met.event)
        return std::nullopt;
    RETURN_IF_ERROR(takeEffect(*met.event));
    if (m_options.sources.softBreakpoints && met.event->phase >= core::BootPhase::EarlyC)
        RETURN_IF_ERROR(soften());
    return eventSighting(*met.event);
}

/// The kernel's code is where it was linked from now on.
core::Result<void> BootStepper::soften()
{
    m_options.sources.softBreakpoints = false;
    const auto read = [this](core::LinearAddress address, std::span<std::byte> code) {
        return m_session.target().readLinear(address, code).value_or(false);
    };
    return m_breakpoints.soften(read, m_session.symbols().find("__fentry__"));
}

core::Result<void> BootStepper::takeEffect(const core::BootEvent& event)
{
    using Effect = core::PgtBufEffect;
    const bool allocates = event.pgtBuf == Effect::Tables || event.pgtBuf == Effect::Allocator;
    // Where each call of the allocator is seen, the events between them say nothing new.
    if (!allocates || (m_hasAllocator && !m_followsAllocations))
        m_session.pgtBuf().reached(event.pgtBuf);
    if (event.pgtBuf == Effect::Freed)
        RETURN_IF_ERROR(m_breakpoints.harden());
    if (event.pgtBuf == Effect::AllocatorEnds)
        RETURN_IF_ERROR(m_allocations.end());
    if (!event.begins)
        return {};
    return m_breakpoints.begin(event).and_then([&] { return m_rootSwitches.begin(*event.begins); });
}

BootStepper::MaybeSighting BootStepper::eventSighting(const core::BootEvent& event)
{
    // Captured even if it is no step: what it means for pgt_buf shows in the guest's variables now.
    auto stop = capture(event.dies ? core::StepCause::Death : core::StepCause::BootEvent, {});
    RETURN_IF_ERROR(stop);
    stop->step.event = event.name;
    RETURN_IF_ERROR(m_rootSwitches.lookIn(event, *stop->snapshot));
    return Sighting{std::move(*stop), &event, m_options.sources.events};
}

BootStepper::MaybeSighting BootStepper::onRootSwitch(unsigned number)
{
    ASSIGN_OR_RETURN(const auto now, m_run.cpu());
    RETURN_IF_ERROR(m_rootSwitches.passed(number));
    const core::Paging paging(now.control, m_session.features());
    const core::SnapshotPtr& previous = m_capture.previous();
    if (previous && previous->paging().enabled() && paging.enabled()
        && paging.root(now.control.cr3) == previous->root())
        return std::nullopt;
    auto stop = capture(core::StepCause::BootEvent, {});
    RETURN_IF_ERROR(stop);
    const core::BootEvent* event = rootEvent(m_events, *stop->snapshot);
    if (event) {
        m_slots.met(*event);
        stop->step.event = event->name;
        RETURN_IF_ERROR(takeEffect(*event));
    }
    return Sighting{std::move(*stop), event};
}

BootStepper::MaybeSighting BootStepper::onPgtBuf(const StopEvent& stop)
{
    // Under Xen the kernel's count is not the one that entries hold.
    auto text = pgtBufChange(stop, m_capture.previous() && m_capture.previous()->xen());
    if (!text)
        return std::nullopt;
    m_capture.expectHandOut();
    auto captured = capture(core::StepCause::PgtBufChange, std::move(*text));
    if (captured && m_session.pgtBuf().buffer().trust == core::PgtBufTrust::Stale && m_pgtBufWatch.armed()) {
        // The memory has another use by now: a write to it is no change of pgt_buf.
        RETURN_IF_ERROR(m_pgtBufWatch.remove());
        return std::nullopt;
    }
    return sightingOf(std::move(captured));
}

BootStepper::MaybeSighting BootStepper::onAllocated()
{
    ASSIGN_OR_RETURN(auto text, m_allocations.returned(m_capture.previous()));
    return text ? sightingOf(capture(core::StepCause::PgtBufChange, std::move(*text)))
                : MaybeSighting(std::nullopt);
}

BootStepper::MaybeSighting BootStepper::onSkip()
{
    ASSIGN_OR_RETURN(const auto due, m_skip.entered());
    if (!due)
        return std::nullopt;
    auto stop = capture(core::StepCause::Poke, m_skip.text());
    if (stop)
        RETURN_IF_ERROR(m_skip.skip());
    return sightingOf(std::move(stop));
}

} // namespace pgtscope::gdb
