// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/bootstepper.h"

#include <algorithm>
#include <array>

#include "core/base/numbers.h"
#include "core/steps/diff.h"
#include "core/walk/translation.h"

namespace pgtscope::gdb {

using namespace std::chrono_literals;

namespace {

/// Calls that go to memblock and are steps of their own. A PV guest of Xen, whose direct map has 4 KiB pages
/// only, makes hundreds; then the events tell of the tables. At the grain of every write each page is known
/// before it is filled.
constexpr unsigned mostAllocations = 32;
/// How often a guest that runs is asked for, without stopping it.
constexpr auto waitPiece = 100ms;

using StopResult = core::Result<std::optional<BootStop>>;

StopResult stopOf(core::Result<BootStop> captured)
{
    if (!captured)
        return tl::unexpected(captured.error());
    return std::move(*captured);
}

/// The processor itself sets the accessed and dirty flags of entries that it uses (SDM vol. 3A, 4.8).
bool setByProcessor(const core::EntryChange& change)
{
    return change.flagsOnly() && (change.before & ~change.after) == 0;
}

/// What pgt_buf cannot be followed without.
bool tellsOfPgtBuf(const core::BootEvent& event)
{
    constexpr std::array<std::string_view, 7> names{"early_alloc_pgt_buf:return", "alloc_low_pages",
        "pagetable_reserve:return", "xen_mapping_pagetable_reserve", "xen_mapping_pagetable_reserve:return",
        "mem_init", "free_initmem"};
    return std::find(names.begin(), names.end(), event.name) != names.end();
}

/// Once it is met, page tables have come from alloc_low_pages() since the event before.
bool followsAllocation(const core::BootEvent& event)
{
    constexpr std::array<std::string_view, 5> names{"kernel_physical_mapping_init", "init_memory_mapping",
        "alloc_low_pages", "init_top_pgt", "paging_init"};
    return std::find(names.begin(), names.end(), event.name) != names.end();
}

} // namespace

BootStepper::BootStepper(GuestSession& session, const BootStepperOptions& options)
    : m_session(session)
    , m_options(options)
    , m_breakpoints(session.target())
    , m_rootSwitches(session.target())
    , m_console(options.consoleLog)
    , m_began(std::chrono::steady_clock::now())
{
    if (options.consoleKnown)
        m_console.read();
}

core::Result<std::unique_ptr<BootStepper>> BootStepper::create(
    GuestSession& session, const BootStepperOptions& options)
{
    if (session.symbols().empty())
        return core::failure("follow the boot", "no kernel symbols are known",
            "name the kernel with --kernel (bzImage, vmlinux or System.map)");
    if (!session.placed())
        return core::failure("follow the boot",
            "KASLR has not placed the kernel yet, so its events have no address",
            "boot it with nokaslr, or attach once the kernel runs");
    std::unique_ptr<BootStepper> stepper(new BootStepper(session, options));
    stepper->m_events = core::resolveEvents(session.symbols());
    if (auto armed = stepper->arm(); !armed)
        return tl::unexpected(armed.error());
    return stepper;
}

core::Result<void> BootStepper::arm()
{
    std::vector<core::ResolvedEvent> events = m_events.available;
    if (!m_options.grains.events)
        std::erase_if(
            events, [](const auto& event) { return !tellsOfPgtBuf(*event.event) && !event.event->halts; });
    if (m_options.grains.events || m_options.grains.pgtBuf)
        if (auto done
            = atTheStart().and_then([&](bool start) { return m_breakpoints.insert(events, start); });
            !done)
            return done;
    if (m_options.grains.events && m_session.knowsInlined())
        if (auto done = m_breakpoints.insertInlined(m_events); !done)
            return done;
    if (auto done = armWrites(); !done)
        return done;
    if (auto done = armSkip(); !done)
        return done;
    const auto pgtBufEnd = m_session.symbols().find("pgt_buf_end");
    if (!m_options.grains.pgtBuf || !pgtBufEnd)
        return {};
    if (!m_session.target().facts().can.watchpoints)
        return m_options.grains.events ? core::Result<void>()
                                       : core::failure("follow pgt_buf", "this stub has no watchpoints",
                                           "follow the boot event by event");
    m_followsAllocations = m_session.symbols().find("alloc_low_pages").has_value();
    const unsigned bytes = pgtBufEnd->value >> 32 == 0 ? 4 : 8;
    auto watch = m_session.target().insertWatchpoint(*pgtBufEnd, bytes, WatchKind::Write);
    if (!watch)
        return tl::unexpected(watch.error());
    m_pgtBufWatch = *watch;
    return {};
}

/// Whether nothing of the kernel has run: a PC before paging, or a domain of Xen's at its entry point.
core::Result<bool> BootStepper::atTheStart()
{
    const auto now = cpu();
    if (!now)
        return tl::unexpected(now.error());
    const bool paged = core::Paging(now->control, m_session.features()).enabled();
    return !paged || m_session.symbols().find("startup_xen") == now->rip;
}

core::Result<void> BootStepper::armWrites()
{
    const std::string& function = m_options.grains.writesIn;
    if (function.empty())
        return {};
    const auto address = m_session.symbols().find(function);
    if (!address)
        return core::failure("follow the writes of " + function, "the kernel has no such symbol",
            "name another function with --grain");
    // An event may wait there too; both stop the guest at once and gdb names the older one.
    const auto number = m_session.target().insertHardwareBreakpoint(*address);
    if (!number)
        return tl::unexpected(number.error());
    m_writesBreakpoint = *number;
    return {};
}

core::Result<void> BootStepper::armSkip()
{
    const std::string& function = m_options.grains.skips;
    if (function.empty())
        return {};
    const auto address = m_session.symbols().find(function);
    if (!address)
        return core::failure("skip a call of " + function, "the kernel has no such symbol",
            "name another function with --skip");
    const auto number = m_session.target().insertHardwareBreakpoint(*address);
    if (!number)
        return tl::unexpected(number.error());
    m_skipBreakpoint = *number;
    return {};
}

/// At the function's first instruction the return address is on top of the stack: going there at once is a
/// call that did nothing.
core::Result<std::optional<BootStop>> BootStepper::handleSkip()
{
    if (++m_skipCalls < m_options.grains.skipCall)
        return std::nullopt;
    if (auto removed = m_session.target().removeBreakpoint(*std::exchange(m_skipBreakpoint, std::nullopt));
        !removed)
        return tl::unexpected(removed.error());
    const auto back = returnAddress();
    if (!back)
        return tl::unexpected(back.error());
    auto stop = here(core::StepCause::Poke,
        "call " + std::to_string(m_skipCalls) + " of " + m_options.grains.skips + " is skipped");
    if (!stop)
        return tl::unexpected(stop.error());
    for (const std::string& change : {std::string("$rsp = $rsp + 8"), "$rip = " + core::hexText(back->value)})
        if (auto done = m_session.target().evaluate(change, m_options.cpu); !done)
            return tl::unexpected(done.error());
    return std::move(*stop);
}

core::Result<BootStop> BootStepper::here(core::StepCause cause, std::string text)
{
    CaptureRequest request;
    request.cpu = m_options.cpu;
    request.previous = m_previous;
    request.handedOut = std::exchange(m_handedOut, false);
    request.kernelRoot = m_options.kernelRoot;
    auto snapshot = m_session.capture(request);
    if (!snapshot)
        return tl::unexpected(snapshot.error());
    BootStop stop;
    stop.step.cause = cause;
    stop.step.text = std::move(text);
    stop.step.time = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - m_began)
            .count());
    stop.step.cpu = (*snapshot)->cpu();
    stop.step.ripSymbol = (*snapshot)->ripSymbol();
    stop.step.console = std::exchange(m_unreadConsole, {}) + m_console.read();
    stop.snapshot = *snapshot;
    if (const std::string root = rootText(**snapshot); !root.empty())
        stop.step.text += (stop.step.text.empty() ? "" : "; ") + root;
    m_previous = *snapshot;
    return stop;
}

const core::BootEvent* BootStepper::rootEvent(const core::Snapshot& snapshot) const
{
    for (const core::ResolvedEvent& event : m_events.available) {
        if (event.event->kind != core::BootEventKind::RootSwitch)
            continue;
        const auto at = core::translate(snapshot, event.address);
        if (at.end == core::TranslationEnd::Mapped && at.physical == snapshot.root())
            return event.event;
    }
    return nullptr;
}

std::string BootStepper::rootText(const core::Snapshot& snapshot) const
{
    if (!m_previous || !snapshot.paging().enabled() || m_previous->root() == snapshot.root())
        return {};
    const std::string text = "CR3 changed to " + core::hexText(snapshot.root().value);
    const core::BootEvent* event = rootEvent(snapshot);
    return event ? text + " (" + std::string(event->name) + ")" : text;
}

core::Result<std::optional<StopEvent>> BootStepper::resumeAndWait(std::chrono::milliseconds deadline)
{
    if (auto running = m_session.target().resume(); !running)
        return tl::unexpected(running.error());
    // A guest is not stopped just to look whether it should be: that would cost a slow one most of its time.
    const auto until = std::chrono::steady_clock::now() + deadline;
    bool asked = false;
    while (!asked && std::chrono::steady_clock::now() < until) {
        const auto pieceUntil = std::min(until, std::chrono::steady_clock::now() + waitPiece);
        auto stop = m_session.target().waitForStop(std::chrono::duration_cast<std::chrono::milliseconds>(
            pieceUntil - std::chrono::steady_clock::now()));
        if (stop)
            return *stop;
        if (std::chrono::steady_clock::now() < pieceUntil - 1ms || !m_session.target().running())
            return tl::unexpected(stop.error());
        asked = m_options.stopAsked && m_options.stopAsked();
    }
    if (auto stopped = stopNow(); !stopped)
        return tl::unexpected(stopped.error());
    return std::nullopt;
}

core::Result<void> BootStepper::stopNow()
{
    if (auto asked = m_session.target().interrupt(); !asked)
        return asked;
    auto stop = m_session.target().waitForStop(10s);
    return stop ? core::Result<void>{} : tl::unexpected(stop.error());
}

core::Result<std::optional<BootStop>> BootStepper::next(std::chrono::milliseconds deadline)
{
    const auto until = std::chrono::steady_clock::now() + deadline;
    for (;;) {
        const auto left
            = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left <= 0ms)
            return std::nullopt;
        if (m_call) {
            auto stepped = stepOnce();
            if (!stepped || *stepped)
                return stepped;
            continue;
        }
        const auto stop = resumeAndWait(left);
        if (!stop)
            return tl::unexpected(stop.error());
        if (!*stop)
            return std::nullopt;
        auto handled = handle(**stop);
        if (!handled || *handled)
            return handled;
    }
}

core::Result<std::optional<BootStop>> BootStepper::handle(const StopEvent& stop)
{
    const auto foreign = stop.number ? m_session.runsAnotherDomain(m_options.cpu) : core::Result<bool>(false);
    if (!foreign)
        return tl::unexpected(foreign.error());
    if (*foreign)
        return std::nullopt;
    const bool entersCall = m_writesBreakpoint
        && (stop.number == m_writesBreakpoint
            || stop.rip == *m_session.symbols().find(m_options.grains.writesIn));
    if (entersCall && !m_call)
        if (auto begun = beginCall(); !begun)
            return tl::unexpected(begun.error());
    if (!stop.number)
        return stopOf(here(core::StepCause::UserStop, stop.detail));
    if (stop.number == m_pgtBufWatch)
        return handlePgtBuf(stop);
    if (stop.number == m_skipBreakpoint)
        return handleSkip();
    if (const auto met = m_breakpoints.met(*stop.number))
        return handleEvent(*stop.number, *met);
    if (m_rootSwitches.owns(*stop.number))
        return handleRootSwitch(*stop.number);
    if (m_allocation && *stop.number == m_allocation->breakpoint)
        return handleAllocated();
    if (entersCall)
        return std::nullopt;
    return stopOf(here(core::StepCause::UserStop, stop.detail));
}

core::Result<std::optional<BootStop>> BootStepper::handleEvent(unsigned number, const MetEvent& met)
{
    if (met.event && met.event->name == "alloc_low_pages" && m_followsAllocations)
        return handleAllocation(number, !std::exchange(m_allocBreakpoint, number));
    if (met.atReturn) {
        const auto address = returnAddress();
        // Where the stack cannot be read, the event goes unseen rather than the boot be given up.
        if (address)
            if (auto waiting = m_breakpoints.insertReturn(number, *address); !waiting)
                return tl::unexpected(waiting.error());
    }
    if (auto passed = m_breakpoints.passed(number); !passed)
        return tl::unexpected(passed.error());
    if (!met.event)
        return std::nullopt;
    tell(*met.event);
    if (met.event->name == "mem_init" && m_allocBreakpoint)
        if (auto removed = m_breakpoints.remove(*m_allocBreakpoint); !removed)
            return tl::unexpected(removed.error());
    if (met.event->name == "rest_init")
        if (auto over = m_breakpoints.initCreated().and_then([this] { return m_rootSwitches.removeAll(); });
            !over)
            return tl::unexpected(over.error());
    return step(*met.event);
}

core::Result<std::optional<BootStop>> BootStepper::step(const core::BootEvent& event)
{
    // At the grain of pgt_buf alone an event is met for what it tells, and captured lest that be missed.
    auto stop = here(core::StepCause::BootEvent, {});
    if (!stop)
        return tl::unexpected(stop.error());
    if (!m_options.grains.events && !event.halts)
        return std::nullopt;
    stop->step.event = event.name;
    if (auto watched = watchRootSwitches(event, *stop->snapshot); !watched)
        return tl::unexpected(watched.error());
    return std::move(*stop);
}

void BootStepper::tell(const core::BootEvent& event)
{
    core::PgtBufTracker& buffer = m_session.pgtBuf();
    if (event.name == "early_alloc_pgt_buf:return")
        buffer.reached(core::PgtBufEvent::EarlyAllocReturned);
    else if (followsAllocation(event) && !m_followsAllocations && m_session.symbols().find("alloc_low_pages"))
        buffer.reached(core::PgtBufEvent::AllocLowPages);
    else if (event.name == "xen_mapping_pagetable_reserve")
        m_xenReserves = true;
    else if (event.name == "xen_mapping_pagetable_reserve:return"
        || (event.name == "pagetable_reserve:return" && !m_xenReserves))
        buffer.reached(core::PgtBufEvent::PagetableReserved);
    else if (event.name == "free_initmem")
        buffer.reached(core::PgtBufEvent::InitmemFreed);
    if (event.name == "xen_mapping_pagetable_reserve:return")
        m_xenReserves = false;
}

core::Result<std::optional<BootStop>> BootStepper::handleRootSwitch(unsigned number)
{
    const auto now = cpu();
    if (!now)
        return tl::unexpected(now.error());
    if (auto passed = m_rootSwitches.passed(number); !passed)
        return tl::unexpected(passed.error());
    const core::Paging paging(now->control, m_session.features());
    const bool same = m_previous && m_previous->paging().enabled() && paging.enabled()
        && paging.root(now->control.cr3) == m_previous->root();
    if (same || !m_options.grains.events)
        return std::nullopt;
    auto stop = here(core::StepCause::BootEvent, {});
    if (!stop)
        return tl::unexpected(stop.error());
    if (const core::BootEvent* event = rootEvent(*stop->snapshot)) {
        stop->step.event = event->name;
        tell(*event);
    }
    return std::move(*stop);
}

core::Result<void> BootStepper::watchRootSwitches(
    const core::BootEvent& event, const core::Snapshot& snapshot)
{
    constexpr std::uint64_t maxFunction = 16U << 10;
    constexpr std::uint64_t entryCode = 2U << 10; // startup_64 goes on behind labels that are symbols
    const bool early = event.phase <= core::BootPhase::Setup && event.kind == core::BootEventKind::Function;
    if (!early || !snapshot.paging().enabled())
        return {};
    const core::LinearAddress rip = snapshot.cpu().rip;
    std::uint64_t bytes = entryCode;
    if (event.phase != core::BootPhase::EntryCode) {
        const auto& symbols = m_session.symbols().symbols();
        const core::LinearAddress linked(rip.value - m_session.symbols().slide());
        const auto behind = std::upper_bound(symbols.begin(), symbols.end(), linked,
            [](core::LinearAddress a, const core::Symbol& s) { return a < s.address; });
        bytes = behind == symbols.end() ? entryCode : std::min(behind->address - linked, maxFunction);
        if (!std::exchange(m_watchedWriters, true))
            for (const char* writer : {"native_write_cr3", "load_cr3"})
                if (const auto at = m_session.symbols().find(writer))
                    if (auto done = watchRootSwitches(*at, 32, snapshot); !done)
                        return done;
    }
    return watchRootSwitches(rip, bytes, snapshot);
}

core::Result<void> BootStepper::watchRootSwitches(
    core::LinearAddress begin, std::uint64_t bytes, const core::Snapshot& snapshot)
{
    std::vector<std::byte> code(bytes);
    // Code that is not mapped as a whole is looked at no further: the switch shows at the stop after it.
    if (!core::readLinear(snapshot, m_session.memory(), begin, code))
        return {};
    return m_rootSwitches.insert(begin, code);
}

core::Result<std::optional<BootStop>> BootStepper::handlePgtBuf(const StopEvent& stop)
{
    const std::string before = core::hexText(stop.oldValue.value_or(0));
    const std::string after = core::hexText(stop.newValue.value_or(0));
    m_handedOut = true;
    auto captured = here(core::StepCause::PgtBufChange, "pgt_buf_end " + before + " -> " + after);
    const bool stale = m_session.pgtBuf().buffer().trust == core::PgtBufTrust::Stale;
    if (captured && stale && m_pgtBufWatch) {
        // Whoever uses that memory now does not change pgt_buf.
        if (auto removed = m_session.target().removeBreakpoint(*m_pgtBufWatch); !removed)
            return tl::unexpected(removed.error());
        m_pgtBufWatch.reset();
        return std::nullopt;
    }
    return stopOf(std::move(captured));
}

core::Result<std::optional<BootStop>> BootStepper::handleAllocation(unsigned number, bool first)
{
    const core::PageTableBuffer& buffer = m_session.pgtBuf().buffer();
    const core::BootEvent* event = m_breakpoints.met(number)->event;
    const bool told = m_allocations >= mostAllocations && !m_options.grains.everyWrite;
    if (buffer.trust == core::PgtBufTrust::Stale || told)
        if (auto removed = m_breakpoints.remove(number); !removed)
            return tl::unexpected(removed.error());
    if (!told && buffer.trust == core::PgtBufTrust::Live) {
        // The number of pages is the first argument; alloc_low_pages(unsigned int num), v3.9 to v6.12.
        const auto pages = m_session.target().evaluate("$rdi & 0xffffffff", m_options.cpu);
        const core::PgtBufEpoch& epoch = buffer.epochs.back();
        if (pages && !m_allocation && epoch.end.value + *pages > epoch.top.value) {
            const auto back = returnAddress();
            const auto at = back ? m_session.target().insertHardwareBreakpoint(*back)
                                 : core::Result<unsigned>(tl::unexpected(back.error()));
            if (!at)
                return tl::unexpected(at.error());
            // No further call begins before this one has returned.
            if (auto off = m_session.target().enableBreakpoint(number, false); !off)
                return tl::unexpected(off.error());
            m_allocation = Allocation{*at, *pages};
        }
    }
    return first && m_options.grains.events ? step(*event) : MaybeStop(std::nullopt);
}

core::Result<std::optional<BootStop>> BootStepper::handleAllocated()
{
    const Allocation allocation = *std::exchange(m_allocation, std::nullopt);
    if (auto removed = m_session.target().removeBreakpoint(allocation.breakpoint); !removed)
        return tl::unexpected(removed.error());
    if (auto on = m_session.target().enableBreakpoint(*m_allocBreakpoint, true); !on)
        return tl::unexpected(on.error());
    const auto linear = m_session.target().evaluate("$rax", m_options.cpu);
    if (!linear)
        return tl::unexpected(linear.error());
    // The allocator hands out what is mapped already, so that the stop before knows the page as a rule.
    auto at = m_previous ? core::translate(*m_previous, core::LinearAddress(*linear)) : core::Translation();
    if (at.end != core::TranslationEnd::Mapped) {
        CaptureRequest request;
        request.cpu = m_options.cpu;
        request.previous = m_previous;
        const auto snapshot = m_session.capture(request);
        if (!snapshot)
            return tl::unexpected(snapshot.error());
        at = core::translate(**snapshot, core::LinearAddress(*linear));
    }
    if (at.end != core::TranslationEnd::Mapped)
        return std::nullopt;
    constexpr std::uint64_t most = 64;
    std::vector<core::FrameNumber> frames;
    for (std::uint64_t i = 0; i < std::min(allocation.pages, most); ++i)
        frames.push_back(core::frameOf(at.physical) + i);
    m_session.pgtBuf().reached(core::PgtBufEvent::AllocLowPages);
    m_session.tablesAppeared(frames);
    std::string text = "pgt_buf is full: " + std::to_string(allocation.pages) + " from memblock, frame "
        + core::hexText(frames.empty() ? 0 : frames.front().value);
    if (++m_allocations == mostAllocations && !m_options.grains.everyWrite)
        text += "; what follows is seen at the events";
    return stopOf(here(core::StepCause::PgtBufChange, std::move(text)));
}

core::Result<core::CpuState> BootStepper::cpu()
{
    auto cpus = m_session.target().cpus();
    if (!cpus)
        return tl::unexpected(cpus.error());
    for (const core::CpuState& state : *cpus)
        if (state.id == m_options.cpu)
            return state;
    return core::failure("look at CPU " + std::to_string(m_options.cpu), "the guest does not have it");
}

core::Result<core::LinearAddress> BootStepper::returnAddress()
{
    const auto now = cpu();
    if (!now)
        return tl::unexpected(now.error());
    const bool wide = (now->control.efer & core::eferLma) != 0;
    const auto address = m_session.target().evaluate(
        wide ? "*(unsigned long long*)$rsp" : "*(unsigned int*)$rsp", m_options.cpu);
    if (!address)
        return tl::unexpected(address.error());
    return core::LinearAddress(*address);
}

core::Result<void> BootStepper::beginCall()
{
    const auto now = cpu();
    if (!now)
        return tl::unexpected(now.error());
    const auto back = returnAddress();
    if (!back)
        return tl::unexpected(back.error());
    m_call = Call{*back, now->rsp};
    // What changed before the call is not to be laid at its door.
    auto before = here(core::StepCause::UserStop, {});
    if (!before)
        return tl::unexpected(before.error());
    m_unreadConsole = std::move(before->step.console);
    return {};
}

core::Result<std::optional<BootStop>> BootStepper::runTo(
    core::LinearAddress address, std::chrono::milliseconds deadline)
{
    const auto number = m_session.target().insertHardwareBreakpoint(address);
    if (!number)
        return tl::unexpected(number.error());
    const auto until = std::chrono::steady_clock::now() + deadline;
    core::Result<std::optional<StopEvent>> stop = std::nullopt;
    do {
        stop = resumeAndWait(
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()));
    } while (stop && *stop && (*stop)->rip != address && std::chrono::steady_clock::now() < until);
    if (auto removed = m_session.target().removeBreakpoint(*number); !removed && stop)
        return tl::unexpected(removed.error());
    if (!stop)
        return tl::unexpected(stop.error());
    if (!*stop || (*stop)->rip != address)
        return std::nullopt;
    auto captured = here(core::StepCause::UserStop, {});
    if (!captured)
        return tl::unexpected(captured.error());
    return std::move(*captured);
}

core::Result<std::optional<BootStop>> BootStepper::stepOnce()
{
    if (const auto skipped = std::exchange(m_skippedBreakpoint, std::nullopt))
        if (const auto met = m_breakpoints.met(*skipped))
            return handleEvent(*skipped, *met);
    if (!m_previous)
        if (auto first = here(core::StepCause::Start, {}); !first)
            return tl::unexpected(first.error());
    const auto before = cpu();
    if (!before)
        return tl::unexpected(before.error());
    const auto stepped = m_session.target().stepInstruction(m_options.cpu);
    if (!stepped)
        return tl::unexpected(stepped.error());
    if (stepped->number && stepped->number == m_pgtBufWatch)
        return handlePgtBuf(*stepped);
    const auto now = cpu();
    if (!now)
        return tl::unexpected(now.error());
    if (m_call && now->rip == m_call->back && m_call->stack < now->rsp)
        m_call.reset();
    m_skippedBreakpoint = m_breakpoints.at(now->rip);
    // The checker of the lab guest runs on its own root; the guest's tables are looked at after it.
    if (m_session.unchangedSince(*m_previous, *now))
        return std::nullopt;
    return written(before->rip);
}

core::Result<std::optional<BootStop>> BootStepper::written(core::LinearAddress writer)
{
    const core::SnapshotPtr before = m_previous;
    m_handedOut = true;
    auto stop = here(core::StepCause::TableWrite, {});
    if (!stop)
        return tl::unexpected(stop.error());
    core::DiffOptions entriesOnly;
    entriesOnly.mappings = false;
    const auto diff = core::diffSnapshots(*before, *stop->snapshot, entriesOnly);
    const auto& entries = diff.tables.entries;
    const auto change = std::find_if(entries.begin(), entries.end(),
        [](const core::EntryChange& entry) { return !setByProcessor(entry); });
    if (change == entries.end() && diff.tables.tables.empty())
        return std::nullopt;
    const auto symbol = m_session.symbols().at(writer);
    stop->writer = core::EntryWriter{writer, symbol ? symbol->text() : std::string(), 0};
    if (change != entries.end()) {
        stop->writer->bytes = change->bytes;
        stop->step.text = "entry at " + core::hexText(change->address.value) + ": "
            + core::hexText(change->before) + " -> " + core::hexText(change->after) + ", by "
            + stop->writer->symbol;
    }
    return std::move(*stop);
}

core::Result<std::optional<BootStop>> BootStepper::nextWrite(std::uint64_t most)
{
    for (std::uint64_t count = 0; count < most; ++count) {
        m_skippedBreakpoint.reset();
        auto stop = stepOnce();
        if (!stop || *stop)
            return stop;
    }
    return std::nullopt;
}

core::Result<std::optional<BootStop>> BootStepper::runUntilConsole(
    std::string_view text, std::chrono::milliseconds deadline)
{
    if (auto done = m_breakpoints.removeAll(); !done)
        return tl::unexpected(done.error());
    if (auto done = m_rootSwitches.removeAll(); !done)
        return tl::unexpected(done.error());
    const auto until = std::chrono::steady_clock::now() + deadline;
    if (auto running = m_session.target().resume(); !running)
        return tl::unexpected(running.error());
    bool seen = false;
    while (!seen && std::chrono::steady_clock::now() < until) {
        // Waiting in slices keeps an eye on gdb and on the user's Ctrl-C.
        const auto stop = m_session.target().waitForStop(100ms);
        if (!stop && !m_session.target().running())
            return tl::unexpected(stop.error());
        if (stop && !m_session.target().resume())
            return tl::unexpected(core::Error{"let the guest run", "it stopped and does not go on", ""});
        if (m_session.target().cancelFlag() && m_session.target().cancelFlag()->cancelled())
            return core::failure("wait for the console", "stopped by the user");
        m_unreadConsole += m_console.read();
        seen = m_unreadConsole.find(text) != std::string::npos;
    }
    if (auto stopped = stopNow(); !stopped)
        return tl::unexpected(stopped.error());
    if (!seen)
        return std::nullopt;
    auto captured = here(core::StepCause::UserStop, "console: " + std::string(text));
    if (!captured)
        return tl::unexpected(captured.error());
    return std::move(*captured);
}

} // namespace pgtscope::gdb
