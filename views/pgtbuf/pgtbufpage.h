// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include <QString>

#include "core/rules/bufferstate.h"
#include "core/rules/finding.h"
#include "core/walk/aliases.h"

namespace pgtscope::views {

class StepState;

/// One mapping of a page of the buffer and what Xen's read-only rule says of it.
struct PgtBufMapping {
    core::Alias alias;
    core::MappingVerdict verdict = core::MappingVerdict::Fine;
};

/// A comparison that decides what a page of the buffer is, with its values.
struct PgtBufClause {
    QString text;
    QString values;
    bool holds = false;
};

/// Everything that the view tells of one page.
struct PgtBufPage {
    core::FrameNumber frame;
    core::BufferPlace place = core::BufferPlace::Outside;
    QString what; ///< "page table, level 1, for 0x… – 0x…"
    std::vector<PgtBufClause> clauses; ///< Against the markers of the page's epoch.
    std::vector<PgtBufMapping> mappings; ///< At most 256.
    std::uint64_t mappingsTotal = 0;
};

PgtBufPage pgtBufPage(const StepState& state, core::FrameNumber frame);
/// "violation: a page table with a writable mapping" and the like.
QString verdictText(core::MappingVerdict verdict);
/// The finding that the verdict amounts to; nullopt where all is well.
std::optional<core::FindingState> verdictState(core::MappingVerdict verdict);

} // namespace pgtscope::views
