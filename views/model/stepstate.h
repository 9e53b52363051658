// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "core/filter/runsubject.h"
#include "core/frames/frameroles.h"
#include "core/model/snapshot.h"
#include "core/rules/rule.h"
#include "core/steps/step.h"
#include "core/walk/aliascounts.h"
#include "core/walk/aliases.h"

namespace pgtscope::views {

/// One step with everything that views derive from it, each part computed when the first view asks. For the
/// GUI thread.
class StepState {
public:
    /// `reports`: as reports() would compute them, or null.
    StepState(core::Step step, core::SnapshotPtr snapshot, core::StepChanges changes,
        core::RuleReportsPtr reports = {});

    const core::Step& step() const { return m_step; }
    const core::SnapshotPtr& snapshot() const { return m_snapshot; }
    const core::StepChanges& changes() const { return m_changes; }
    /// Whether the entry at that physical address changed at this step.
    bool changed(core::PhysicalAddress entry) const { return m_changedEntries.contains(entry); }
    /// Whether an entry of that table page changed, or the page became a table, at this step.
    bool changed(core::FrameNumber tableFrame) const { return m_changedFrames.contains(tableFrame); }

    const core::FrameRoles& roles() const;
    const core::RuleContext& rules() const;
    /// What every rule says, in the order of allRules().
    const std::vector<core::RuleReport>& reports() const;
    /// What the gravest finding about that frame is drawn as, see signOf(); nullopt if none is drawn.
    std::optional<core::FindingState> findingOf(core::FrameNumber frame) const;
    /// What filters may ask of the step, answered from what is known already. Refers to this object.
    core::FilterKnowledge knowledge() const;

private:
    core::Step m_step;
    core::SnapshotPtr m_snapshot;
    core::StepChanges m_changes;
    std::set<core::PhysicalAddress> m_changedEntries;
    std::set<core::FrameNumber> m_changedFrames;
    mutable std::optional<core::FrameRoles> m_roles;
    mutable std::optional<core::RuleContext> m_rules;
    mutable core::RuleReportsPtr m_reports;
    mutable std::optional<std::unordered_multimap<core::PhysicalAddress, std::size_t>> m_breaches;
    mutable std::optional<core::AliasCounts> m_aliases;
};

using StepStatePtr = std::shared_ptr<const StepState>;

} // namespace pgtscope::views
