// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

#include "core/steps/step.h"

namespace pgtscope::views {

class Document;

/// What a step is, as rich text for a tool tip: its number, place and cause, what changed since the previous
/// step, pgt_buf, and what was found. Empty if the step cannot be read.
QString stepCard(const Document& document, core::StepNumber step);

} // namespace pgtscope::views
