// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/comparison.h"

#include <utility>

namespace pgtscope::views {

Comparison::Comparison(Side shown, Side other)
    : m_before(std::move(shown))
    , m_after(std::move(other))
    , m_other(m_after.step)
{
    if (m_after.step < m_before.step)
        std::swap(m_before, m_after);
}

const core::SnapshotDiff& Comparison::diff() const
{
    if (!m_diff) {
        core::DiffOptions options;
        options.maxEntries = 100'000;
        options.maxMappings = 4096;
        options.maxVisits = 4'000'000;
        m_diff = core::diffSnapshots(*m_before.snapshot, *m_after.snapshot, options);
    }
    return *m_diff;
}

} // namespace pgtscope::views
