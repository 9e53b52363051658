// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/report/storytext.h"
#include "core/rules/finding.h"
#include "core/rules/rulecontext.h"

namespace pgtscope::core {

/// What the script of resources/export/story.html draws its pictures from, step by step, each as small as the
/// pictures are. What is as at the previous step is left out; null says that there is nothing to draw.
///
/// A cell's looks are letters: "." RAM, "T" table, "D" detached table, "R" reserved, "H" handed back, "x"
/// text, "o" read-only data, "d" data, "b" brk, "i" initrd, "_" no RAM, " " after the end of memory. States
/// are indices of FindingState.
class StoryPictures {
public:
    /// `memoryEnd`: after the last frame of the map of all memory.
    explicit StoryPictures(FrameNumber memoryEnd);

    /// Keys: order (log2 of the frames in a cell), columns, cells.
    nlohmann::json mapShape() const;

    /// Keys: n (step), entries (changed), violations, pending, hypothetical;
    /// map: looks (letters with counts, ".256x14"), tables ([cell, eighths that are tables, 1 if detached]);
    /// mapMarks ([cell, state]), mapChanged (cells);
    /// buf: start, end, top (frame numbers), used, size (frames), order, looks and levels and access (one
    /// letter a cell: what it is, its level as a table, and the gravest way in which it is mapped: "-" not,
    /// "r" read-only, "a" writable as both rules allow, "w" writable, "d" writable from a detached table),
    /// stage ("live", "over" after the hand-back, "dead" after free_initmem()), bands (name, protects: pages
    /// from start on that the rule maps read-only, unprotected: writable pages that it leaves so), text;
    /// bufMarks, bufChanged;
    /// tables: levels ([name, tables]), nodes ([position in levels, frame number, 1 if detached]), edges
    /// ([node, node]); tableMarks, tableChanged.
    /// `report` is what the read-only rule says.
    nlohmann::json step(const StoryStep& story, const RuleContext& context, const RuleReport& report);

private:
    void addIfNew(nlohmann::json& step, const char* key, nlohmann::json value);

    unsigned m_order = 0;
    std::size_t m_cells = 1;
    nlohmann::json m_last;
};

} // namespace pgtscope::core
