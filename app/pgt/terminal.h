// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>

namespace pgtscope::pgt {

/// Columns that text on standard output may take: the terminal's, else $COLUMNS, else 80.
std::size_t terminalWidth();

} // namespace pgtscope::pgt
