// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

#include "core/steps/step.h"

namespace pgtscope::views {

/// What a store into a table did, where it has no text of its own: "PTE 0x3f01008: 0x0 → 0x3f02000 RW sup
/// NX". Empty for steps that are no store, or that changed several entries.
QString storeText(const core::Step& step, const core::StepChanges& changes);

} // namespace pgtscope::views
