// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

#include "views/model/document.h"
#include "views/model/place.h"

namespace pgtscope::views {

/// Goes to the step that made the entry of a place what it is, and selects the entry; from that step to the
/// write before it. Returns what the user should know: why it could not, or that the entry appeared there
/// with its table; empty for a plain write.
QString goToWrite(Document& document, Selection& selection, const Place& place);
/// Goes to the next step that writes the entry, in the same way.
QString goToNextWrite(Document& document, Selection& selection, const Place& place);

} // namespace pgtscope::views
