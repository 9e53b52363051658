// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/allocations.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/model/frametext.h"
#include "core/walk/translation.h"

namespace pgtscope::gdb {

namespace {

/// Calls that are steps of their own. A PV guest of Xen, whose direct map has 4 KiB pages only, makes
/// hundreds; what follows is seen at the events. Where every write is a step, each page is known before it is
/// filled.
constexpr unsigned maxReported = 32;
/// No caller takes more pages at once.
constexpr std::uint64_t maxPages = 64;

} // namespace

Allocations::Allocations(
    GuestSession& session, GuestRun& run, EventBreakpoints& events, unsigned cpu, bool all)
    : m_session(session)
    , m_run(run)
    , m_events(events)
    , m_cpu(cpu)
    , m_all(all)
{
}

core::Result<void> Allocations::entered(unsigned entry)
{
    m_entry = entry;
    const core::PageTableBuffer& buffer = m_session.pgtBuf().buffer();
    const bool enough = m_reported >= maxReported && !m_all;
    if (buffer.trust == core::PgtBufTrust::Stale || enough)
        return end();
    if (buffer.trust != core::PgtBufTrust::Live || m_call)
        return {};
    // The number of pages is the first argument: alloc_low_pages(unsigned int num).
    const auto pages = m_session.target().evaluate("$rdi & 0xffffffff", m_cpu);
    const core::PgtBufEpoch& epoch = buffer.epochs.back();
    return pages && epoch.end.value + *pages > epoch.top.value ? awaitReturn(entry, *pages)
                                                               : core::Result<void>();
}

core::Result<void> Allocations::awaitReturn(unsigned entry, std::uint64_t pages)
{
    ASSIGN_OR_RETURN(const auto back, m_run.returnAddress());
    ASSIGN_OR_RETURN(const auto at, m_session.target().insertHardwareBreakpoint(back));
    m_call = Call{at, pages};
    // No further call begins before this one has returned.
    m_idle = true;
    return m_session.target().enableBreakpoint(entry, false);
}

core::Result<std::optional<core::PhysicalAddress>> Allocations::placeOf(
    core::LinearAddress linear, const core::SnapshotPtr& previous)
{
    // The allocator hands out what is mapped already, so that the previous stop knows the page as a rule.
    auto at = previous ? core::translate(*previous, linear) : core::Translation();
    if (at.end != core::TranslationEnd::Mapped) {
        CaptureRequest request;
        request.cpu = m_cpu;
        request.previous = previous;
        ASSIGN_OR_RETURN(const auto snapshot, m_session.capture(request));
        at = core::translate(*snapshot, linear);
    }
    return at.end == core::TranslationEnd::Mapped ? std::optional(at.physical) : std::nullopt;
}

core::Result<std::optional<std::string>> Allocations::returned(const core::SnapshotPtr& previous)
{
    const Call call = *std::exchange(m_call, std::nullopt);
    RETURN_IF_ERROR(m_session.target().removeBreakpoint(call.breakpoint));
    ASSIGN_OR_RETURN(const auto linear, m_session.target().evaluate("$rax", m_cpu));
    // Pages that follow each other for the kernel need not do so in a machine under Xen.
    std::vector<core::FrameNumber> frames;
    for (std::uint64_t i = 0; i < std::min(call.pages, maxPages); ++i) {
        ASSIGN_OR_RETURN(
            const auto place, placeOf(core::LinearAddress(linear) + i * core::frameBytes, previous));
        if (!place)
            break;
        frames.push_back(core::frameOf(*place));
    }
    if (frames.empty())
        return std::nullopt;
    m_session.pgtBuf().reached(core::PgtBufEffect::Tables);
    m_session.tablesAppeared(frames);
    std::string text = "pgt_buf is full: " + std::to_string(call.pages) + " from memblock, "
        + core::frameText(frames.front())
        + core::guestFrameText(previous ? previous->xen() : nullptr, frames.front());
    if (++m_reported == maxReported && !m_all)
        text += "; later allocations are seen at the boot events only";
    return text;
}

std::optional<unsigned> Allocations::idleEntry() const
{
    constexpr std::uint64_t nearlyFull = 4; // pages; more are never taken in one call of 64-bit kernels
    const core::PageTableBuffer& buffer = m_session.pgtBuf().buffer();
    if (!m_entry || buffer.trust != core::PgtBufTrust::Live || buffer.epochs.empty())
        return std::nullopt;
    const core::PgtBufEpoch& epoch = buffer.epochs.back();
    return epoch.end.value + nearlyFull <= epoch.top.value ? m_entry : std::nullopt;
}

core::Result<void> Allocations::followRoom()
{
    const bool idle = m_call || idleEntry();
    if (!m_entry || idle == m_idle)
        return {};
    m_idle = idle;
    return m_session.target().enableBreakpoint(*m_entry, !idle);
}

bool Allocations::read(BootState& state) const
{
    state.allocatorFollowed = m_entry.has_value();
    state.allocations = m_reported;
    return !m_call;
}

void Allocations::resume(const BootState& state)
{
    m_reported = state.allocations;
    if (state.allocatorFollowed)
        m_entry = m_events.allocator();
}

core::Result<void> Allocations::end()
{
    const auto entry = std::exchange(m_entry, std::nullopt);
    return entry ? m_events.remove(*entry) : core::Result<void>();
}

} // namespace pgtscope::gdb
