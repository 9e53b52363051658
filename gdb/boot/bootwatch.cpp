// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/bootwatch.h"

#include <algorithm>
#include <utility>

namespace pgtscope::gdb {

namespace {

/// Whether a breakpoint is for a function that has no symbol: where gdb found that it was inlined, one
/// breakpoint has many places.
bool hasInlined(const BootState& state, const core::SymbolTable& symbols)
{
    return std::any_of(state.waiting.begin(), state.waiting.end(), [&](const BootState::Event& one) {
        const core::BootEvent* event = core::findBootEvent(one.event.empty() ? one.atReturn : one.event);
        return event
            && std::none_of(event->symbols.begin(), event->symbols.end(),
                [&](std::string_view symbol) { return !symbol.empty() && symbols.find(symbol).has_value(); });
    });
}

} // namespace

BootWatch::BootWatch(GuestSession& session, const EventSources& sources, unsigned cpu, bool kernelRoot)
    : m_session(session)
    , m_sources(sources)
    , m_cpu(cpu)
    , m_run(session, cpu)
    , m_capture(session, cpu, kernelRoot)
    , m_breakpoints(session.target())
    , m_rootSwitches(session)
    , m_pgtBufWatch(session)
    , m_allocations(session, m_run, m_breakpoints, cpu, sources.everyWrite)
    , m_slots(session, m_breakpoints, m_rootSwitches, m_allocations)
    , m_skip(session, m_run, cpu, sources.skips, sources.skipCall)
    , m_writes(session, m_run, m_capture, cpu, sources.writesIn)
{
}

core::Result<void> BootWatch::arm()
{
    return armEvents()
        .and_then([this] { return m_writes.arm(); })
        .and_then([this] { return m_skip.arm(); })
        .and_then([this] { return armPgtBuf(); })
        .map([this] { m_slots.rank(); });
}

core::Result<void> BootWatch::armEvents()
{
    if (m_events.available.empty())
        return {};
    ASSIGN_OR_RETURN(const auto start, m_run.beforeKernel(m_events));
    RETURN_IF_ERROR(m_breakpoints.insert(m_events.available, start, m_session.kernel().entryShift()));
    if (start)
        RETURN_IF_ERROR(m_run.cpu().and_then(
            [this](const core::CpuState& now) { return m_breakpoints.beginAt(now.rip); }));
    m_slots.begin(m_events, m_cpu, start, m_sources.softBreakpoints);
    lookForAllocator();
    return m_session.kernel().knowsInlined() ? m_breakpoints.insertInlined(m_events) : core::Result<void>();
}

void BootWatch::lookForAllocator()
{
    m_hasAllocator = std::any_of(m_events.available.begin(), m_events.available.end(),
        [](const auto& event) { return event.event->pgtBuf == core::PgtBufEffect::Allocator; });
}

core::Result<void> BootWatch::armPgtBuf()
{
    if (!m_sources.pgtBuf)
        return {};
    const auto armed = m_pgtBufWatch.arm();
    m_followsAllocations = m_hasAllocator && m_pgtBufWatch.armed();
    return m_sources.events ? core::Result<void>() : armed;
}

std::optional<BootState> BootWatch::state() const
{
    BootState state;
    if (m_writes.inCall() || m_ledTo || m_capture.handedOut() || !m_breakpoints.read(state)
        || !m_allocations.read(state) || hasInlined(state, m_session.symbols()))
        return std::nullopt;
    m_rootSwitches.read(state);
    m_skip.read(state);
    state.pgtBufWatched = m_pgtBufWatch.armed();
    state.allocatorSeen = m_allocatorSeen;
    return state;
}

core::Result<void> BootWatch::resume(const BootState& state)
{
    RETURN_IF_ERROR(m_breakpoints.resume(m_events.available, state, m_session.kernel().entryShift()));
    lookForAllocator();
    RETURN_IF_ERROR(m_writes.arm());
    RETURN_IF_ERROR(m_skip.resume(state));
    RETURN_IF_ERROR(armPgtBuf());
    if (!state.pgtBufWatched)
        RETURN_IF_ERROR(m_pgtBufWatch.remove());
    RETURN_IF_ERROR(m_rootSwitches.resume(state));
    m_allocations.resume(state);
    m_allocatorSeen = state.allocatorSeen;
    return {};
}

core::Result<BootStop> BootWatch::capture(
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

core::Result<void> BootWatch::follow()
{
    RETURN_IF_ERROR(m_allocations.followRoom());
    m_slots.rank();
    return {};
}

std::optional<BootWatch::MaybeSighting> BootWatch::ledTo()
{
    const auto led = std::exchange(m_ledTo, std::nullopt);
    if (!led)
        return std::nullopt;
    const auto now = m_run.cpu();
    const auto met = m_breakpoints.met(led->breakpoint);
    if (now && now->rip == led->address && met)
        return onEvent(led->breakpoint, *met);
    return std::nullopt;
}

core::Result<void> BootWatch::meetHere()
{
    ASSIGN_OR_RETURN(const auto now, m_run.cpu());
    if (const auto breakpoint = m_breakpoints.at(now.rip))
        m_ledTo = LedTo{*breakpoint, now.rip};
    return {};
}

std::string BootWatch::nameOf(unsigned number) const
{
    if (m_pgtBufWatch.owns(number))
        return "pgt_buf_end changed";
    if (const auto met = m_breakpoints.met(number)) {
        const core::BootEvent* event = met->event ? met->event : met->atReturn;
        return "boot event " + std::string(event->name);
    }
    return m_rootSwitches.owns(number) ? "CR3 is written" : "its own work";
}

BootWatch::MaybeSighting BootWatch::step()
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

std::optional<BootWatch::MaybeSighting> BootWatch::onStop(const StopEvent& stop, bool reached)
{
    if (m_writes.beginsAt(stop)) {
        RETURN_IF_ERROR(m_writes.begin());
        // What changed before the call must not be attributed to it.
        RETURN_IF_ERROR(capture(core::StepCause::UserStop, {}));
    }
    return sightingAt(stop, reached);
}

std::optional<BootWatch::MaybeSighting> BootWatch::sightingAt(const StopEvent& stop, bool reached)
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
        return MaybeSighting(std::nullopt);
    // Of two breakpoints at one address a stop names one only: the event is met all the same.
    if (const auto number = reached ? m_breakpoints.at(stop.rip) : std::nullopt)
        if (const auto met = m_breakpoints.met(*number))
            return onEvent(*number, *met);
    return std::nullopt;
}

BootWatch::MaybeSighting BootWatch::onEvent(unsigned number, const MetEvent& met)
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
    if (m_sources.softBreakpoints && met.event->phase >= core::BootPhase::EarlyC)
        RETURN_IF_ERROR(soften());
    return eventSighting(*met.event);
}

/// The kernel's code is where it was linked from now on.
core::Result<void> BootWatch::soften()
{
    m_sources.softBreakpoints = false;
    const auto read = [this](core::LinearAddress address, std::span<std::byte> code) {
        return m_session.target().readLinear(address, code).value_or(false);
    };
    return m_breakpoints.soften(read, m_session.symbols().find("__fentry__"));
}

core::Result<void> BootWatch::takeEffect(const core::BootEvent& event)
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

BootWatch::MaybeSighting BootWatch::eventSighting(const core::BootEvent& event)
{
    // Captured even if it is no step: what it means for pgt_buf shows in the guest's variables now.
    auto stop = capture(event.dies ? core::StepCause::Death : core::StepCause::BootEvent, {});
    RETURN_IF_ERROR(stop);
    stop->step.event = event.name;
    RETURN_IF_ERROR(m_rootSwitches.lookIn(event, *stop->snapshot));
    return Sighting{std::move(*stop), &event, m_sources.events};
}

BootWatch::MaybeSighting BootWatch::onRootSwitch(unsigned number)
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

BootWatch::MaybeSighting BootWatch::onPgtBuf(const StopEvent& stop)
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

BootWatch::MaybeSighting BootWatch::onAllocated()
{
    ASSIGN_OR_RETURN(auto text, m_allocations.returned(m_capture.previous()));
    return text ? sightingOf(capture(core::StepCause::PgtBufChange, std::move(*text)))
                : MaybeSighting(std::nullopt);
}

BootWatch::MaybeSighting BootWatch::onSkip()
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
