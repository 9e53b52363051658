// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "core/recording/annotations.h"

namespace pgtscope::core {

/// Annotations as a Markdown file for an editor. A heading "# [12] Title" begins the chapter at step 12, and
/// "## [14] Title" a note at step 14; what follows is its text, up to the next such heading. A line of a text
/// that would be taken for one begins with a backslash.
std::string annotationsToMarkdown(const Annotations& annotations);
/// The opposite. An Error names the line: text before the first heading, or a step number that is none.
Result<Annotations> annotationsFromMarkdown(std::string_view markdown);

} // namespace pgtscope::core
