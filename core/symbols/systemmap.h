// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// True if `text` begins with a line of hexadecimal digits, a space, one letter and a space, as nm writes it.
bool looksLikeSystemMap(std::string_view text);

/// Parses a System.map ("ffffffff81000000 T _text", one symbol a line). `name` is what errors call it. A line
/// of any other shape is an Error that gives its number; so is the one-line stub that Debian ships in place
/// of the real file. /proc/kallsyms as it was saved is of this form, with the name of its module behind a
/// module's symbol ("\t[ext4]"), which is dropped; saved without root its addresses are all 0, an Error.
Result<std::vector<Symbol>> parseSystemMap(std::string_view text, const std::string& name);

} // namespace pgtscope::core
