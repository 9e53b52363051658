// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pgtscope::core {

/// Breaks lines longer than `width` columns at spaces; what follows keeps the line's own indentation (and
/// that of a list item's text). A word longer than the width stays whole, and so does a command of pgt that
/// is set apart by four spaces or more. Columns are counted in code points.
std::string wrapText(std::string_view text, std::size_t width);

} // namespace pgtscope::core
