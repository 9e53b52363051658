// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/recording/annotations.h"

namespace pgtscope::core {

/// Annotations as a Markdown file for an editor. A heading "# [12] Title" begins the chapter at step 12, and
/// "## [14] Title" a note at step 14; what follows is its text, up to the next such heading. A line of a text
/// that would be taken for one begins with a backslash.
std::string annotationsToMarkdown(const Annotations& annotations);

/// The step at which an event (or, for want of one, a cause such as "pgt_buf") was met for the `occurrence`th
/// time, from 1; nullopt if it was not.
using StepResolver
    = std::function<std::optional<StepNumber>(std::string_view event, std::uint64_t occurrence)>;

/// The opposite. In place of a number a heading may name an event, "# [init_mem_mapping] Title", or the nth
/// stop at it, "# [pgt_buf#3] Title"; `steps` finds that step, and "# [mark_rodata_ro:after] Title" is at the
/// next one. An Error names the line: text before the first heading, or a step that there is not; or a
/// line ":::show" that showingOf() refuses.
Result<Annotations> annotationsFromMarkdown(std::string_view markdown, const StepResolver& steps = {});

} // namespace pgtscope::core
