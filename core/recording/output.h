// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/base/wholefile.h"

namespace pgtscope::core {

/// As WholeFile::create(), for everything that is written about a recording: it never replaces a recording,
/// not even one of a newer format, whatever `existing` says.
Result<std::unique_ptr<WholeFile>> createOutput(const std::string& path, Existing existing);
/// As writeWhole(), likewise.
Result<void> writeOutput(
    const std::string& path, Existing existing, const std::function<Result<void>(std::ostream&)>& fill);

} // namespace pgtscope::core
