// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include <QString>

#include "core/filter/runsubject.h"
#include "core/frames/frameroles.h"
#include "core/model/snapshot.h"
#include "core/rules/rule.h"
#include "core/steps/step.h"
#include "core/walk/aliascounts.h"
#include "core/walk/aliases.h"
#include "views/model/comparison.h"

namespace pgtscope::views {

/// One step with everything that views derive from it, each part computed when the first view asks. For the
/// GUI thread.
class StepState {
public:
    /// `reports`: as reports() would compute them, or null. `comparison`: with the step that the user
    /// compares this one with, or null.
    StepState(core::Step step, core::SnapshotPtr snapshot, core::StepChanges changes,
        core::RuleReportsPtr reports = {}, ComparisonPtr comparison = {});

    const core::Step& step() const { return m_step; }
    const core::SnapshotPtr& snapshot() const { return m_snapshot; }
    const core::StepChanges& changes() const { return m_changes; }
    /// Null if the user compares no steps, or this one with itself.
    const ComparisonPtr& comparison() const { return m_comparison; }
    /// What views mark as changed: what differs from the compared step, or else what this step changed.
    const core::StepChanges& marks() const;
    /// "changed at this step", or "differs from step 12".
    QString markText() const;
    /// Whether the entry at that physical address is to be marked as changed.
    bool marked(core::PhysicalAddress entry) const { return marked().entries.contains(entry); }
    /// Whether an entry of that table page is, or the page because it became a table.
    bool marked(core::FrameNumber tableFrame) const { return marked().frames.contains(tableFrame); }
    /// Whether the entry changed at this step.
    bool changed(core::PhysicalAddress entry) const { return m_changedEntries.contains(entry); }

    const core::FrameRoles& roles() const;
    const core::RuleContext& rules() const;
    /// What every rule says, in the order of allRules().
    const std::vector<core::RuleReport>& reports() const;
    /// What the gravest finding about that frame is drawn as, see signOf(); nullopt if none is drawn.
    std::optional<core::FindingState> findingOf(core::FrameNumber frame) const;
    /// What filters may ask of the step, answered from what is known already. Refers to this object.
    core::FilterKnowledge knowledge() const;

private:
    struct Marked {
        std::set<core::PhysicalAddress> entries;
        std::set<core::FrameNumber> frames;
    };
    const Marked& marked() const;

    core::Step m_step;
    core::SnapshotPtr m_snapshot;
    core::StepChanges m_changes;
    std::set<core::PhysicalAddress> m_changedEntries;
    ComparisonPtr m_comparison;
    mutable std::optional<Marked> m_marked;
    mutable std::optional<core::FrameRoles> m_roles;
    mutable std::optional<core::RuleContext> m_rules;
    mutable core::RuleReportsPtr m_reports;
    mutable std::optional<std::unordered_multimap<core::PhysicalAddress, std::size_t>> m_breaches;
    mutable std::optional<core::AliasCounts> m_aliases;
};

using StepStatePtr = std::shared_ptr<const StepState>;

} // namespace pgtscope::views
