// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <QString>

#include "core/rules/bufferstate.h"
#include "views/mappings/mappingsmodel.h"

namespace pgtscope::views {

class StepState;

/// A comparison that decides what a page of the buffer is, with its values.
struct PgtBufClause {
    QString text;
    QString values;
    bool holds = false;
};

/// Everything that the view shows of one page.
struct PgtBufPage {
    core::FrameNumber frame;
    core::BufferPlace place = core::BufferPlace::Outside;
    QString what; ///< "page table, level 1, for 0x… – 0x…"
    std::vector<PgtBufClause> clauses; ///< Against the markers of the page's epoch.
    JudgedMappings mappings;
};

/// "epoch 2 of 2 · 49 used · 17 reserved", or handed back, and whether the values are the past's. `number` is
/// below the number of epochs.
QString epochText(const core::PageTableBuffer& buffer, std::size_t number);

PgtBufPage pgtBufPage(const StepState& state, core::FrameNumber frame);

} // namespace pgtscope::views
