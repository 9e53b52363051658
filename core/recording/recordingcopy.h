// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>

#include "core/base/cancel.h"
#include "core/base/wholefile.h"

namespace pgtscope::core {

struct CopyOptions {
    Existing existing = Existing::Refuse;
    Progress progress; ///< In pages of the file.
    std::function<bool()> stopAsked; ///< Ends the copying, as a failure.
};

/// Copies a recording, complete or as far as it is written, with its code, symbols and narration. The copy
/// appears under its name when it is whole; until then what has that name stays as it is. A recording that a
/// program uses is not replaced, `from` itself included.
Result<void> copyRecording(const std::string& from, const std::string& to, const CopyOptions& options = {});

} // namespace pgtscope::core
