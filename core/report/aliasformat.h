// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <ostream>
#include <span>

#include "core/model/snapshot.h"
#include "core/report/translationformat.h"
#include "core/walk/aliases.h"

namespace pgtscope::core {

/// Every mapping of `frame`: one line an entry. A table that is reached at many linear addresses is given by
/// their number and the lowest of them. What could not be read is named: it may hold further ones.
void writeAliasesText(std::ostream& out, const Snapshot& snapshot, FrameNumber frame,
    std::span<const Alias> aliases, Dialect dialect);
/// One object with an array "aliases". "paths" is the number of linear addresses; "gaps" is what could not be
/// read, "half" the half of KPTI that an entry is in.
void writeAliasesJson(std::ostream& out, const Snapshot& snapshot, FrameNumber frame,
    std::span<const Alias> aliases, Dialect dialect);
/// A header line, then a line an entry.
void writeAliasesCsv(
    std::ostream& out, const Snapshot& snapshot, FrameNumber frame, std::span<const Alias> aliases);

} // namespace pgtscope::core
