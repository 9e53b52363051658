// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/bootstepper.h"

#include "core/base/numbers.h"
#include "core/timeline/diff.h"
#include "core/walk/translation.h"

namespace pgtscope::gdb {

using namespace std::chrono_literals;

BootStepper::BootStepper(GuestSession& session, const BootStepperOptions& options)
    : m_session(session)
    , m_options(options)
    , m_breakpoints(session.target())
    , m_console(options.consoleLog)
    , m_began(std::chrono::steady_clock::now())
{
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
    if (m_options.grains.events)
        if (auto done = m_breakpoints.insert(m_events.available); !done)
            return done;
    const auto pgtBufEnd = m_session.symbols().find("pgt_buf_end");
    if (!m_options.grains.pgtBuf || !pgtBufEnd)
        return {};
    const unsigned bytes = pgtBufEnd->value >> 32 == 0 ? 4 : 8;
    auto watch = m_session.target().insertWatchpoint(*pgtBufEnd, bytes, WatchKind::Write);
    if (!watch)
        return tl::unexpected(watch.error());
    m_pgtBufWatch = *watch;
    return {};
}

core::Result<BootStop> BootStepper::here(core::StepCause cause, std::string text)
{
    CaptureRequest request;
    request.cpu = m_options.cpu;
    request.previous = m_previous;
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

std::string BootStepper::rootText(const core::Snapshot& snapshot)
{
    if (!m_previous || !snapshot.paging().enabled() || m_previous->root() == snapshot.root())
        return {};
    std::string text = "CR3 changed to " + core::hexText(snapshot.root().value);
    for (const core::ResolvedEvent& event : m_events.available) {
        if (event.event->kind != core::BootEventKind::RootSwitch)
            continue;
        const auto at = core::translate(snapshot, event.address);
        if (at.end == core::TranslationEnd::Mapped && at.physical == snapshot.root())
            return text + " (" + std::string(event.symbol) + ")";
    }
    return text;
}

core::Result<std::optional<StopEvent>> BootStepper::resumeAndWait(std::chrono::milliseconds deadline)
{
    if (auto running = m_session.target().resume(); !running)
        return tl::unexpected(running.error());
    const auto until = std::chrono::steady_clock::now() + deadline;
    auto stop = m_session.target().waitForStop(deadline);
    if (stop)
        return *stop;
    if (std::chrono::steady_clock::now() < until || !m_session.target().running())
        return tl::unexpected(stop.error());
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
    if (stop.number && stop.number == m_pgtBufWatch) {
        auto change = handlePgtBuf(stop);
        if (!change)
            return tl::unexpected(change.error());
        return std::move(*change);
    }
    if (stop.number)
        if (const auto met = m_breakpoints.met(*stop.number))
            return handleEvent(*stop.number, *met);
    auto captured = here(core::StepCause::UserStop, stop.detail);
    if (!captured)
        return tl::unexpected(captured.error());
    return std::move(*captured);
}

core::Result<std::optional<BootStop>> BootStepper::handleEvent(unsigned number, const MetEvent& met)
{
    if (met.entered) {
        const auto address = returnAddress();
        // Where the stack cannot be read, the event goes unseen rather than the boot be given up.
        if (address)
            if (auto waiting = m_breakpoints.insertReturn(number, *address); !waiting)
                return tl::unexpected(waiting.error());
    } else {
        tell(*met.event, met.event->kind == core::BootEventKind::Return);
    }
    if (auto passed = m_breakpoints.passed(number); !passed)
        return tl::unexpected(passed.error());
    if (met.entered)
        return std::nullopt;
    auto stop = here(core::StepCause::BootEvent, {});
    if (!stop)
        return tl::unexpected(stop.error());
    stop->step.event = met.event->name;
    return std::move(*stop);
}

void BootStepper::tell(const core::BootEvent& event, bool returned)
{
    core::PgtBufTracker& buffer = m_session.pgtBuf();
    if (event.name == "early_alloc_pgt_buf" && returned)
        buffer.reached(core::PgtBufEvent::EarlyAllocReturned);
    else if (event.name == "alloc_low_page" || event.name == "alloc_low_pages")
        buffer.reached(core::PgtBufEvent::AllocLowPages);
    else if (event.name.ends_with("pagetable_reserve"))
        buffer.reached(core::PgtBufEvent::PagetableReserved);
    else if (event.name == "free_initmem")
        buffer.reached(core::PgtBufEvent::InitmemFreed);
}

core::Result<BootStop> BootStepper::handlePgtBuf(const StopEvent& stop)
{
    const std::string before = core::hexText(stop.oldValue.value_or(0));
    const std::string after = core::hexText(stop.newValue.value_or(0));
    m_session.pgtBuf().reached(core::PgtBufEvent::AllocLowPages);
    auto captured = here(core::StepCause::PgtBufChange, "pgt_buf_end " + before + " -> " + after);
    const bool stale = m_session.pgtBuf().buffer().trust == core::PgtBufTrust::Stale;
    if (captured && stale && m_pgtBufWatch) {
        // Whoever uses that memory now does not change pgt_buf.
        if (auto removed = m_session.target().removeBreakpoint(*m_pgtBufWatch); !removed)
            return tl::unexpected(removed.error());
        m_pgtBufWatch.reset();
    }
    return captured;
}

core::Result<core::LinearAddress> BootStepper::returnAddress()
{
    CaptureRequest request;
    request.cpu = m_options.cpu;
    request.previous = m_previous;
    const auto snapshot = m_session.capture(request);
    if (!snapshot)
        return tl::unexpected(snapshot.error());
    std::uint64_t address = 0;
    const std::size_t bytes = ((*snapshot)->cpu().control.efer & core::eferLma) != 0 ? 8 : 4;
    const auto destination = std::as_writable_bytes(std::span(&address, 1)).first(bytes);
    if (!core::readLinear(**snapshot, m_session.memory(), (*snapshot)->cpu().rsp, destination))
        return core::failure("find where the function returns", "its stack is not mapped");
    return core::LinearAddress(address);
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

core::Result<std::optional<BootStop>> BootStepper::nextWrite(std::uint64_t most)
{
    if (!m_previous)
        if (auto first = here(core::StepCause::Start, {}); !first)
            return tl::unexpected(first.error());
    core::DiffOptions entriesOnly;
    entriesOnly.mappings = false;
    for (std::uint64_t count = 0; count < most; ++count) {
        const core::SnapshotPtr before = m_previous;
        if (auto stepped = m_session.target().stepInstruction(m_options.cpu); !stepped)
            return tl::unexpected(stepped.error());
        auto stop = here(core::StepCause::TableWrite, {});
        if (!stop)
            return tl::unexpected(stop.error());
        const auto diff = core::diffSnapshots(*before, *stop->snapshot, entriesOnly);
        if (diff.tables.empty())
            continue;
        if (!diff.tables.entries.empty()) {
            const core::EntryChange& change = diff.tables.entries.front();
            stop->step.text = "entry at " + core::hexText(change.address.value) + ": "
                + core::hexText(change.before) + " -> " + core::hexText(change.after) + ", by "
                + before->ripSymbol();
        }
        return std::move(*stop);
    }
    return std::nullopt;
}

core::Result<std::optional<BootStop>> BootStepper::runUntilConsole(
    std::string_view text, std::chrono::milliseconds deadline)
{
    if (auto done = m_breakpoints.removeAll(); !done)
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
