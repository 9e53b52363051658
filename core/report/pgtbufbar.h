// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>

#include "core/model/snapshot.h"

namespace pgtscope::core {

/// The newest epoch of the buffer; null if there is none, or if its values make no sense.
const PgtBufEpoch* newestEpoch(const PageTableBuffer& buffer);

/// The newest epoch of the buffer as a bar of at most `width` columns: '#' handed out as tables, '.'
/// reserved,
/// '-' handed back. Where the buffer has more pages than columns, a column covers several and shows '#'
/// only if all of them are tables. Empty without a buffer.
std::string pgtBufBar(const PageTableBuffer& buffer, std::size_t width);
/// The same as an SVG element with texts, 600 units wide; nothing is distinguished by colour alone.
std::string pgtBufSvg(const Snapshot& snapshot);

} // namespace pgtscope::core
