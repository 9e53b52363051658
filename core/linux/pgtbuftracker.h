// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/model/pagetablebuffer.h"

namespace pgtscope::core {

/// One variable as it was read at a stop: a page frame number in an `unsigned long`.
struct PgtBufReading {
    enum class Outcome : std::uint8_t { Value, NotMapped, NoSymbol };
    Outcome outcome = Outcome::NoSymbol;
    std::uint64_t value = 0;

    static PgtBufReading of(std::uint64_t value) { return {Outcome::Value, value}; }
    static PgtBufReading notMapped() { return {Outcome::NotMapped, 0}; }
    static PgtBufReading noSymbol() { return {Outcome::NoSymbol, 0}; }
    bool hasValue() const { return outcome == Outcome::Value; }
};

struct PgtBufReadings {
    PgtBufReading start, end, top;
};

/// What an event of the boot does to pgt_buf, or to the code that takes pages from it.
enum class PgtBufEffect : std::uint8_t {
    None,
    SetUp, ///< The variables have just been set, and no page has been taken yet.
    Tables, ///< Page tables may have come from the allocator since the previous stop.
    Allocator, ///< The same; what is called now is the allocator itself.
    AllocatorEnds, ///< Pages come from another allocator from now on.
    HandBackBegins, ///< A hand-back that calls another one: only its own end counts.
    HandedBack, ///< [end, top) is free again, unless a hand-back that has begun goes on.
    HandBackEnds, ///< The one that has begun has freed [end, top).
    Freed, ///< The memory of the variables is about to be freed.
};

/// Follows the early page-table buffer over the stops of a boot. It is given what was read and what happened
/// and yields what is known; it reads nothing itself. Values come from a guest and are believed only where
/// they make sense. At one stop: reached() first, then read(), then tablesAppeared().
class PgtBufTracker {
public:
    /// `frameLimit`: first frame number above all RAM; values beyond it are refused. 0 if unknown.
    explicit PgtBufTracker(GuestFrame frameLimit = {});

    /// Takes up what an earlier session with the same guest had learnt. Its frames are the guest's own.
    void goOn(const PageTableBuffer& known);
    void reached(PgtBufEffect effect);
    void read(const PgtBufReadings& readings);
    /// Frames that became page tables since the previous stop. Those that alloc_low_pages() cannot have taken
    /// from the buffer are recorded as `beyond`, if it ran since then.
    void tablesAppeared(std::span<const GuestFrame> frames);
    void setBmPte(std::optional<PhysicalAddress> page) { m_buffer.bmPte = page; }
    void setEnforced(bool enforced) { m_buffer.enforced = enforced; }

    const PageTableBuffer& buffer() const { return m_buffer; }
    /// What has to be said about the last reading ("pgt_buf_top = 0x… lies beyond RAM"); empty if nothing.
    const std::string& remark() const { return m_remark; }

private:
    struct Values {
        std::uint64_t start, end, top;
    };

    std::optional<Values> believable(const PgtBufReadings& readings);
    std::optional<std::uint64_t> startOf(const PgtBufReadings& readings);
    bool sensible(const Values& values);
    void apply(const Values& values);
    void applyToCurrent(PgtBufEpoch& current, const Values& values);
    void openEpoch(const Values& values);
    void addBeyond(GuestFrame frame);

    GuestFrame m_frameLimit;
    PageTableBuffer m_buffer;
    std::string m_remark;
    std::optional<std::uint64_t> m_recoveredStart;
    bool m_startDropped = false;
    bool m_setUp = false;
    bool m_allocated = false; ///< The allocator ran since the previous stop.
    bool m_handingBack = false; ///< A hand-back has begun.
};

} // namespace pgtscope::core
