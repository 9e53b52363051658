// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "core/linux/freshpages.h"
#include "core/linux/pgtbuftracker.h"
#include "gdb/capture/guestkernel.h"

namespace pgtscope::gdb {

/// Reads the kernel's early page-table buffer at each stop of a guest and keeps what is known of it from one
/// stop to the next: its epochs, and which of its pages have not been cleared or hooked yet.
class PgtBufFollower {
public:
    /// Both must outlive the follower.
    explicit PgtBufFollower(const GuestKernel& kernel)
        : m_kernel(kernel)
    {
    }

    /// What events report to, and where the guest's RAM ends.
    core::PgtBufTracker& tracker() { return m_tracker; }

    /// Reads the variables. `previous` is the snapshot before this one, or null. `handedOut`: the instruction
    /// before this stop may have moved pgt_buf_end.
    core::Result<void> follow(const core::Snapshot& snapshot, core::PhysicalMemory& memory,
        const core::Snapshot* previous, bool handedOut);
    /// What follow() learns of who enforces the read-only rule; all that can be learnt without symbols.
    void readEnforced(const core::Snapshot& snapshot, core::PhysicalMemory& memory);
    /// These frames, in the number space of the entries, are tables now. `xen`: of the same stop; null
    /// without Xen, where the kernel counts the same frames.
    void tablesAppeared(std::span<const core::FrameNumber> frames, const core::XenState* xen);
    /// Pages that were handed out and still hold what was there before.
    auto notCleared() const { return m_freshPages.notCleared(); }

    /// What the lab guest's checker takes every table for, and every page of pgt_buf, which may become one.
    /// Not known where Xen or no one enforces the rule, or where the buffer is absurdly large.
    core::Result<core::CheckerTypes> checkerTypes(
        const core::Snapshot& snapshot, core::PhysicalMemory& memory) const;

    /// Keeps the pages of the live epoch that are no tables of the snapshot, for unchangedSince().
    void remember(const core::Snapshot& snapshot, core::PhysicalMemory& memory);
    /// Whether those pages and pgt_buf_end are as they were remembered. Where RAM is not mapped the answer is
    /// no if there are such pages.
    bool unchangedSince(const core::Snapshot& snapshot, core::PhysicalMemory& memory) const;

private:
    void read(const core::Snapshot& snapshot, core::PhysicalMemory& memory);

    const GuestKernel& m_kernel;
    core::PgtBufTracker m_tracker;
    core::FreshPages m_freshPages;
    std::vector<std::pair<core::FrameNumber, core::TablePagePtr>> m_pages;
    core::PgtBufReading m_lastEnd;
};

/// Whether mapped RAM holds the same page; false where RAM is not mapped.
bool samePage(const core::PhysicalMemory& memory, core::FrameNumber frame, const core::TablePagePtr& page);

} // namespace pgtscope::gdb
