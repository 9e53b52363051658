// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>

#include "core/steps/diff.h"

namespace pgtscope::views {

/// Two steps, the earlier one first, and what differs between them.
class Comparison {
public:
    struct Side {
        core::StepNumber step = 0;
        core::SnapshotPtr snapshot;
    };

    /// `shown` is one of the two, `other` the one that the user marked.
    Comparison(Side shown, Side other);

    const Side& before() const { return m_before; }
    const Side& after() const { return m_after; }
    /// The one that is not shown.
    core::StepNumber other() const { return m_other; }
    /// Computed when it is asked for first; at most 4096 mappings and 100,000 entries.
    const core::SnapshotDiff& diff() const;

private:
    Side m_before;
    Side m_after;
    core::StepNumber m_other;
    mutable std::optional<core::SnapshotDiff> m_diff;
};

using ComparisonPtr = std::shared_ptr<const Comparison>;

} // namespace pgtscope::views
