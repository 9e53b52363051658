// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/capture/pgtbuffollower.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "core/linux/labguest.h"
#include "core/walk/translation.h"

namespace pgtscope::gdb {

core::Result<void> PgtBufFollower::follow(const core::Snapshot& snapshot, core::PhysicalMemory& memory,
    const core::Snapshot* previous, bool handedOut)
{
    const bool wasLive = m_tracker.buffer().trust == core::PgtBufTrust::Live;
    const auto before = m_tracker.buffer().epochs;
    read(snapshot, memory);
    readEnforced(snapshot, memory);
    const auto& epochs = m_tracker.buffer().epochs;
    const bool grew = handedOut && !before.empty() && before.size() == epochs.size()
        && before.back().end < epochs.back().end;
    const auto fresh
        = grew ? snapshot.pieces({before.back().end, epochs.back().end}) : std::vector<core::FramePiece>();
    RETURN_IF_ERROR(grew ? m_freshPages.handedOut(fresh, memory) : m_freshPages.look(memory));
    if (!wasLive || !previous)
        return {};
    std::unordered_set<core::FrameNumber> known;
    for (const core::Table& table : previous->tables())
        known.insert(table.frame());
    std::vector<core::FrameNumber> appeared;
    for (const core::Table& table : snapshot.tables())
        if (!known.contains(table.frame()))
            appeared.push_back(table.frame());
    tablesAppeared(appeared, snapshot.xen());
    return {};
}

void PgtBufFollower::tablesAppeared(std::span<const core::FrameNumber> frames, const core::XenState* xen)
{
    std::vector<core::GuestFrame> own;
    for (const core::FrameNumber frame : frames)
        if (const auto guest = xen ? xen->ownGuestFrame(frame) : core::GuestFrame(frame.value))
            own.push_back(*guest);
    m_tracker.tablesAppeared(own);
}

void PgtBufFollower::readEnforced(const core::Snapshot& snapshot, core::PhysicalMemory& memory)
{
    // XEN_PV_DOMAIN is 1 in enum xen_domain_type (include/xen/xen.h); the lab guest has its own variable.
    const core::PgtBufReading xen = m_kernel.variable(snapshot, memory, "xen_domain_type");
    const core::PgtBufReading lab = m_kernel.variable(snapshot, memory, core::lab::enforced);
    const auto isOne
        = [](const core::PgtBufReading& r) { return r.hasValue() && (r.value & 0xffffffff) == 1; };
    // At startup_xen the kernel has not found out yet where it runs.
    if (snapshot.xen())
        m_tracker.setEnforced(true);
    else if (xen.hasValue() || lab.hasValue())
        m_tracker.setEnforced(isOne(xen) || isOne(lab));
}

void PgtBufFollower::read(const core::Snapshot& snapshot, core::PhysicalMemory& memory)
{
    // After a late attach free_initmem() was not seen: system_state shows it (SYSTEM_RUNNING is 1 up to
    // v4.12, from v4.13 on everything from SYSTEM_FREEING_INITMEM or SYSTEM_RUNNING on is 2 and more).
    const core::PgtBufReading state = m_kernel.variable(snapshot, memory, "system_state");
    if (state.hasValue() && (state.value & 0xffffffff) >= 2)
        m_tracker.reached(core::PgtBufEffect::Freed);
    m_tracker.read({m_kernel.variable(snapshot, memory, core::pgtBufStart),
        m_kernel.variable(snapshot, memory, core::pgtBufEnd),
        m_kernel.variable(snapshot, memory, core::pgtBufTop)});
    if (const auto bmPte = m_kernel.symbols().find("bm_pte")) {
        const auto at = core::translate(snapshot, *bmPte);
        if (at.end == core::TranslationEnd::Mapped)
            m_tracker.setBmPte(at.physical);
    }
}

core::Result<core::CheckerTypes> PgtBufFollower::checkerTypes(
    const core::Snapshot& snapshot, core::PhysicalMemory& memory) const
{
    if (snapshot.xen() || !snapshot.pgtBuf().enforced)
        return core::CheckerTypes{};
    const core::PgtBufReading types = m_kernel.variable(snapshot, memory, core::lab::frameTypes);
    const core::PgtBufReading count = m_kernel.variable(snapshot, memory, core::lab::frameCount);
    if (!types.hasValue() || types.value == 0 || !count.hasValue())
        return core::CheckerTypes{};
    constexpr std::size_t most = 1U << 20; // 4 GiB of tables: a larger buffer is a hostile guest's
    std::vector<core::FrameNumber> frames;
    for (const core::Table& table : snapshot.tables())
        frames.push_back(table.frame());
    for (const core::PgtBufEpoch& epoch : snapshot.pgtBuf().epochs) {
        if (epoch.top - epoch.start > most - std::min(most, frames.size()))
            return core::CheckerTypes{};
        for (core::GuestFrame frame = epoch.start; frame < epoch.top; frame = frame + 1)
            frames.emplace_back(frame.value);
    }
    return core::lab::readCheckerTypes(
        memory, core::PhysicalAddress(types.value), count.value, std::move(frames));
}

void PgtBufFollower::remember(const core::Snapshot& snapshot, core::PhysicalMemory& memory)
{
    m_pages.clear();
    m_lastEnd = m_kernel.variable(snapshot, memory, core::pgtBufEnd);
    const core::PgtBufEpoch* live = core::liveEpoch(snapshot.pgtBuf());
    if (!live)
        return;
    std::unordered_set<core::FrameNumber> tables;
    for (const core::Table& table : snapshot.tables())
        tables.insert(table.frame());
    for (const core::FramePiece& piece : snapshot.pieces(live->used())) {
        for (core::FrameNumber frame = piece.frames.begin; frame < piece.frames.end; frame = frame + 1) {
            const std::byte* mapped = tables.contains(frame) ? nullptr : memory.mappedFrame(frame);
            if (!mapped)
                continue;
            auto page = std::make_shared_for_overwrite<core::TablePage>();
            std::memcpy(page->words.data(), mapped, core::frameBytes);
            m_pages.emplace_back(frame, std::move(page));
        }
    }
}

bool PgtBufFollower::unchangedSince(const core::Snapshot& snapshot, core::PhysicalMemory& memory) const
{
    for (const auto& [frame, page] : m_pages)
        if (!samePage(memory, frame, page))
            return false;
    const core::PgtBufReading end = m_kernel.variable(snapshot, memory, core::pgtBufEnd);
    return end.outcome == m_lastEnd.outcome && end.value == m_lastEnd.value;
}

bool samePage(const core::PhysicalMemory& memory, core::FrameNumber frame, const core::TablePagePtr& page)
{
    const std::byte* mapped = memory.mappedFrame(frame);
    return mapped && std::memcmp(mapped, page->words.data(), core::frameBytes) == 0;
}

} // namespace pgtscope::gdb
