// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace pgtscope::app {

/// A manual as a page in roff (man(7)) for section 1. `manual` is laid out as manualText() does it: "name:
/// summary" in the first line; a line in capitals begins a section; after four spaces "term: words", a line
/// of a program, or an option, its words after eight; a paragraph is one line.
std::string manPage(std::string_view manual, std::string_view synopsis);

} // namespace pgtscope::app
