// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QString>

#include "views/argument/argumentlayout.h"

namespace pgtscope::views {

class StepState;

/// "0x437eb", under Xen "pfn 0x437eb": a page as the kernel counts it.
QString pageText(const core::Snapshot& snapshot, core::GuestFrame page);
/// What a cell or a table is, how it is mapped or what it maps, and what each rule makes of it: one line.
QString itemText(const StepState& state, const core::Argument& argument, ArgumentItem item);
/// What the rule does with the buffer, beside its name.
QString bandText(const core::Argument& argument, std::size_t band);
/// What one side of the tables shows.
QString sideText(const core::Argument& argument, bool detached);
/// The frame that is chosen with an item: of a cell of several pages, the one that is mapped the worst.
/// nullopt if the page has no machine frame that is known.
std::optional<core::FrameNumber> frameOf(
    const core::Snapshot& snapshot, const core::Argument& argument, ArgumentItem item);

} // namespace pgtscope::views
