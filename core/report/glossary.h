// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>

namespace pgtscope::core {

/// A word of the field that a newcomer does not know.
struct GlossaryTerm {
    std::string_view word;
    /// Further forms in which texts have it, separated by '|'; may be empty.
    std::string_view forms;
    std::string_view meaning; ///< One to three sentences.
};

/// All of them, by their words.
std::span<const GlossaryTerm> glossary();

} // namespace pgtscope::core
