// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace pgtscope::core {

/// Markdown as narration uses it: paragraphs, "#" headings, "-" and "1." lists, "```" code, ">" quotations,
/// **strong**, *emphasis*, `code` and [links](pgtscope:step/12). A quotation's part from "**Answer.**" on is
/// an answer that a reader asks for, see beginsAnswer(). A line ":::show" (see core/report/showing.h) is for
/// the window and left out. Anything else stays as it is written.

/// For a terminal: paragraphs in one line each (wrapText() breaks them), marks taken away.
std::string markdownPlain(std::string_view markdown);
/// Where in a page a link leads: "#step-12" for "step/12"; empty where the page has no such place.
using PagePlace = std::function<std::string(std::string_view target)>;
/// Steps alone, as the elements "step-N".
std::string stepPlace(std::string_view target);
/// For a page: every character that means something to HTML is escaped, so that narration cannot add
/// scripts or load anything. Answers are folded.
std::string markdownHtml(std::string_view markdown, const PagePlace& placeOf = stepPlace);
/// Whether a hidden answer begins with the line, which is no code: "> **Answer.** …". It ends with the
/// quotation.
bool beginsAnswer(std::string_view line);
/// `text` with & < > " and ' escaped; control characters but tab and line feed are dropped.
std::string htmlText(std::string_view text);

} // namespace pgtscope::core
