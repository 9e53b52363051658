// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <ostream>
#include <string_view>

#include "core/base/cancel.h"
#include "core/timeline/timeline.h"

namespace pgtscope::core {

struct StoryPageOptions {
    /// The page around the recording, with @TITLE@, @NONCE@, @HEAD@, @LAST@, @STEPS@, @DATA@ and @MAKER@
    /// where the recording goes.
    std::string_view page;
    std::string_view maker; ///< Program and version, for the page's foot.
    StepNumber from = 0;
    StepNumber to = 0; ///< The last one.
    Progress progress = {};
    const CancelFlag* cancel = nullptr;
};

/// Steps from `from` to `to` of a recording as one page that needs nothing else: steps, narration, findings
/// with their reasons, and what its pictures are drawn from. Nothing of the recording is markup or script in
/// it. At most 5,000 steps and 64 MiB: browsers get slow beyond that.
Result<void> writeStoryHtml(std::ostream& out, const Timeline& timeline, const Annotations& annotations,
    const StoryPageOptions& options);

} // namespace pgtscope::core
