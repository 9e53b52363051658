// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pgtscope::core {

/// Breaks lines longer than `width` columns at spaces; what follows keeps the line's own indentation (and
/// that of a list item's text). A word longer than the width stays whole. Columns are counted in code points.
std::string wrapText(std::string_view text, std::size_t width);

/// What a guest or a file says, made safe for a terminal: control characters but line feeds and tabs become
/// '?', so that no escape sequence gets through.
std::string terminalText(std::string_view text);

} // namespace pgtscope::core
