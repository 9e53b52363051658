// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "core/exercises/dice.h"
#include "core/model/capture.h"
#include "core/paging/madeentry.h"

namespace pgtscope::core {

/// A guest that consists of page tables and registers alone: 4-level paging, 2 GiB of RAM, frames at random.
class PracticeGuest {
public:
    explicit PracticeGuest(Dice& dice);

    FrameNumber root() const { return m_root; }
    /// A frame of the first GiB that nothing uses.
    FrameNumber newFrame();
    /// The first frame of 2 MiB of the second GiB that nothing uses.
    FrameNumber newLargeFrame();
    /// A frame that is a table, full of zeros.
    FrameNumber newTable();
    /// The frame is a table from now on, full of zeros.
    void makeTable(FrameNumber frame) { m_tables[frame] = {}; }

    std::uint64_t entry(FrameNumber table, unsigned index) const { return m_tables.at(table).words[index]; }
    void set(FrameNumber table, unsigned index, std::uint64_t raw) { m_tables.at(table).words[index] = raw; }
    /// The index of an entry of [first, last) that is 0, at random; there is one.
    unsigned freeIndex(FrameNumber table, unsigned first = 0, unsigned last = 512);

    /// An entry at a free index of [first, last) that leads to the frame; returns the index.
    unsigned put(FrameNumber table, FrameNumber frame, const MadeEntry& entry, unsigned first = 0,
        unsigned last = 512);

    /// The guest as it is now. `detached`: tables of PTEs that no entry leads to. A hypervisor is said to
    /// enforce that page tables are read-only.
    SnapshotPtr capture(const std::vector<FrameNumber>& detached = {}) const;

private:
    Dice& m_dice;
    std::map<FrameNumber, TablePage> m_tables;
    std::set<FrameNumber> m_taken;
    FrameNumber m_root;
};

/// An entry that references a table: most of them permit everything.
MadeEntry randomTable(Dice& dice);
/// An entry that maps a page: anything.
MadeEntry randomPage(Dice& dice);

/// A tree of tables below two entries of the root, one in each half of the linear addresses.
struct PracticeTree {
    std::vector<FrameNumber> pageTables; ///< Of level 1.
};
/// Two to four pages of PTEs with two to four pages each, and sometimes a page of 2 MiB.
PracticeTree growTree(PracticeGuest& guest, Dice& dice);

} // namespace pgtscope::core
