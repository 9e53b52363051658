// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/textwrap.h"

#include <algorithm>

namespace pgtscope::core {

namespace {

constexpr std::size_t narrowest = 20;

std::size_t columns(std::string_view text)
{
    // Continuation bytes of UTF-8 take no column of their own.
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// Columns that a continued line is indented by.
std::size_t indentationOf(std::string_view line)
{
    std::size_t indentation = std::min(line.find_first_not_of(' '), line.size());
    if (line.substr(indentation).starts_with("- "))
        indentation += 2;
    return indentation;
}

/// A command to type, set apart by its indentation: broken in two it could not be copied.
bool isCommand(std::string_view line)
{
    const std::size_t begin = line.find_first_not_of(' ');
    return begin != line.npos && begin >= 4 && line.substr(begin).starts_with("pgt ");
}

void wrapLine(std::string_view line, std::size_t width, std::string& out)
{
    if (isCommand(line)) {
        out += line;
        return;
    }
    const std::size_t deepest = width / 2;
    const std::string indentation(std::min(indentationOf(line), deepest), ' ');
    const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
    out += line.substr(0, begin);
    std::size_t used = begin;
    bool first = true;
    for (std::size_t at = begin; at < line.size();) {
        const std::size_t wordEnd = std::min(line.find(' ', line.find_first_not_of(' ', at)), line.size());
        std::string_view word = line.substr(at, wordEnd - at);
        if (!first && used + columns(word) > width) {
            out += '\n' + indentation;
            used = indentation.size();
            word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
        }
        out += word;
        used += columns(word);
        first = false;
        at = wordEnd;
    }
}

} // namespace

std::string wrapText(std::string_view text, std::size_t width)
{
    width = std::max(width, narrowest);
    std::string out;
    out.reserve(text.size() + text.size() / 16);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        wrapLine(text.substr(at, end - at), width, out);
        if (end < text.size())
            out += '\n';
        at = end + 1;
    }
    return out;
}

} // namespace pgtscope::core
