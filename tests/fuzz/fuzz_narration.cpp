// SPDX-License-Identifier: GPL-2.0-or-later
// What people write on a recording: Markdown, and the file of annotations.
#include <string>
#include <vector>

#include "core/report/annotationfile.h"
#include "core/report/markdown.h"
#include "core/report/textwrap.h"
#include "tests/fuzz/input.h"

using namespace pgtscope::core;
using pgtscope::fuzz::require;

namespace {

/// Whether an element is one that a page of narration may have.
bool allowed(std::string_view tag)
{
    constexpr std::string_view link = "a href=\"#step-";
    if (tag.starts_with(link)) {
        const auto number = tag.substr(link.size());
        return number.size() > 1 && number.find_first_not_of("0123456789") == number.size() - 1
            && number.ends_with('"');
    }
    for (const std::string_view known : {"p", "p class=\"item\"", "h4", "pre", "code", "strong", "em",
             "blockquote", "details class=\"answer\"", "summary", "/a", "/p", "/h4", "/pre", "/code",
             "/strong", "/em", "/blockquote", "/details", "/summary"})
        if (tag == known)
            return true;
    return false;
}

/// Elements that are known, each closed in its turn, and no other markup.
void checkHtml(std::string_view html)
{
    std::vector<std::string_view> open;
    for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
        const std::size_t end = html.find('>', at);
        require(end != std::string_view::npos);
        const auto tag = html.substr(at + 1, end - at - 1);
        require(allowed(tag));
        if (!tag.starts_with('/')) {
            open.push_back(tag.substr(0, tag.find(' ')));
            continue;
        }
        require(!open.empty() && open.back() == tag.substr(1));
        open.pop_back();
    }
    require(open.empty());
    for (const char c : html)
        require(static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\t');
}

std::optional<StepNumber> stepOf(std::string_view event, std::uint64_t occurrence)
{
    return event == "pgt_buf" ? std::optional(occurrence) : std::nullopt;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    checkHtml(markdownHtml(text));
    const std::string plain = markdownPlain(text);
    // Twice the text at most: marks, and what a block is indented by.
    require(wrapText(plain, 40).size() <= 8 * size + 64);
    const auto annotations = annotationsFromMarkdown(text, stepOf);
    if (!annotations)
        return 0;
    // What was read is written so that it reads the same.
    const auto again = annotationsFromMarkdown(annotationsToMarkdown(*annotations));
    require(again && *again == *annotations);
    return 0;
}
