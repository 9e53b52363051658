// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "core/filter/filter.h"
#include "core/model/snapshot.h"
#include "core/walk/runs.h"

namespace pgtscope::core {

/// What a run alone does not hold; each function may be empty: its answer is unknown. They are called for
/// single pages, only while a filter uses the field. A page is `frames` frames from `first` on.
struct FilterKnowledge {
    /// Whether any of the page's frames has a role that passes.
    std::function<bool(FrameNumber first, std::uint64_t frames, const TextPattern&)> role;
    std::function<bool(PhysicalAddress entry)> changed;
    /// Whether any rule that the entry breaks has a name that passes.
    std::function<bool(PhysicalAddress entry, const TextPattern&)> finding;
    /// Number of linear addresses that map the page's most mapped frame; see AliasCounts.
    std::function<std::uint64_t(FrameNumber first, std::uint64_t frames)> aliases;
    /// Under Xen: the guest's own frame number for a machine frame.
    std::function<std::optional<GuestFrame>(FrameNumber machine)> guestFrame;
};

/// A run of one entry under a filter. Reserved, Gap and SharedTable runs have no properties of pages: they
/// know kind, va, level, size, raw, entry, table, region, changed, finding and reserved.
class RunSubject : public FilterSubject {
public:
    /// All three must outlive the subject.
    RunSubject(const Snapshot& snapshot, const Run& run, const FilterKnowledge& knowledge)
        : m_snapshot(snapshot)
        , m_run(run)
        , m_knowledge(knowledge)
    {
    }

    std::optional<ValueSpan> number(Field field) const override;
    bool anyText(Field field, const TextPattern& pattern) const override;

private:
    std::optional<ValueSpan> pageNumber(Field field) const;
    std::optional<ValueSpan> frameNumber(Field field) const;
    bool anyRegion(const TextPattern& pattern) const;

    const Snapshot& m_snapshot;
    const Run& m_run;
    const FilterKnowledge& m_knowledge;
};

/// forEachRun() with only what the filter matches: page by page, the matching neighbours joined again as
/// `options` say, so that a run ends exactly where the filter's condition does.
RunsEnd forEachRun(const Snapshot& snapshot, const RunOptions& options, const Filter& filter,
    const FilterKnowledge& knowledge, const std::function<bool(const Run&)>& sink);

} // namespace pgtscope::core
