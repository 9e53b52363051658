// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "views/model/stepstate.h"

namespace pgtscope::views {

/// What lies below one entry, all its addresses taken together.
struct SlotSummary {
    bool mapped = false;
    bool writable = false; ///< Some page is effectively writable.
    bool readOnly = false; ///< Some page is not.
    bool executable = false;
    bool user = false;
    bool gap = false; ///< Something could not be read or faults on a reserved bit.
    bool hypervisors = false; ///< Tables of Xen's own, which are not followed.
    bool changed = false; ///< An entry changed at this step, here or below.

    void add(const SlotSummary& other);
    bool operator==(const SlotSummary&) const = default;
};

/// One table as a band: a slot an entry.
struct LinearBand {
    core::TableId table = core::noTable;
    unsigned level = 0;
    core::LinearAddress begin; ///< Of slot 0.
    std::uint64_t slotBytes = 0;
    std::vector<SlotSummary> cells;
    std::optional<unsigned> chosen; ///< The slot that holds the address that is looked at.

    core::LinearAddress at(const core::Paging& paging, unsigned slot) const
    {
        return paging.canonicalised(begin + slot * slotBytes);
    }
};

/// Sums up tables, each with each set of inherited rights once: cost follows the number of distinct tables.
class LinearSummary {
public:
    explicit LinearSummary(StepStatePtr state);

    /// The root's band, and below it the band of each table on the way to `linear`.
    std::vector<LinearBand> bands(core::LinearAddress linear);

private:
    SlotSummary slot(const core::Table& table, unsigned index, core::Rights inherited);
    SlotSummary below(core::TableId table, core::Rights inherited);
    SlotSummary leaves(const core::Table& table, core::Rights inherited) const;

    StepStatePtr m_state;
    std::unordered_map<std::uint64_t, SlotSummary> m_known; ///< By table * 8 + rights.
};

} // namespace pgtscope::views
