// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "app/manual/completion.h"

namespace pgtscope::pgt {

/// What a shell offers for an option of pgt: guests, recordings, rules, fields of the filter language, boot
/// events.
app::CompletionValues completionValues(const CLI::App& command, const CLI::Option& option);

} // namespace pgtscope::pgt
