// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

#include "views/model/stepstate.h"
#include "views/model/writehistory.h"

namespace pgtscope::views {

/// Why a finding is one, clause by clause, with links to the places that it names, and who wrote its entry.
QString findingHtml(const StepState& state, const core::Finding& finding, const WriteHistory& writes);
/// The link in it that leads to the write.
QString linkToWrite();
/// What a rule asks for, where that comes from, its totals at the step, and its standing.
QString ruleHtml(const core::RuleReport& report);

} // namespace pgtscope::views
