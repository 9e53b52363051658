// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <ostream>
#include <string_view>

#include "core/timeline/timeline.h"

namespace pgtscope::core {

/// A recording as one page that needs nothing else: steps, narration, pgt_buf as a picture, and a scrubber
/// with keys. `page` is the page around it, with @TITLE@, @HEAD@, @LAST@ and @STEPS@ where the recording
/// goes. At most 20,000 steps: a browser shows no more with pleasure.
Result<void> writeStoryHtml(
    std::ostream& out, const Timeline& timeline, const Annotations& annotations, std::string_view page);

} // namespace pgtscope::core
