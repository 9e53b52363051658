// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

#include "core/steps/diff.h"

namespace pgtscope::views {

/// What changed between two snapshots, as rich text whose links are those of PlaceLink. At most so many lines
/// of each sort, with the number of the others.
QString differenceHtml(const core::Snapshot& before, const core::Snapshot& after, int most = 50);

} // namespace pgtscope::views
