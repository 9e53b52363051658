// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/showing.h"

#include <algorithm>

#include "core/base/numbers.h"

namespace pgtscope::core {

namespace {

constexpr std::string_view mark = ":::show";
constexpr unsigned largestShift = 52; // of a physical address

std::string_view withoutSpaces(std::string_view line)
{
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos)
        return {};
    return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

Error wrongLine(const std::string& what)
{
    return {"read a line \":::show\" of the narration", what,
        "write it as \":::show view=frames select=pfn/0x437eb zoom=2M\"; each part may be missing"};
}

/// The text that a key sets; null if there is no such key.
std::string* fieldOf(Showing& showing, std::string_view key)
{
    if (key == "view")
        return &showing.view;
    if (key == "select")
        return &showing.select;
    return key == "zoom" ? &showing.zoom : nullptr;
}

Result<void> checkValue(std::string_view key, std::string_view value)
{
    if (key == "select" && value.find('/') == std::string_view::npos)
        return tl::unexpected(wrongLine("\"" + std::string(value) + "\" is no KIND/NUMBER"));
    if (key == "zoom" && value != "all" && value != "buffer" && !zoomBytes(value))
        return tl::unexpected(
            wrongLine("zoom is \"all\", \"buffer\" or a size, not \"" + std::string(value) + "\""));
    return {};
}

Result<Showing> parseLine(std::string_view words)
{
    Showing showing;
    while (!(words = withoutSpaces(words)).empty()) {
        const std::string_view word = words.substr(0, words.find(' '));
        words.remove_prefix(word.size());
        const auto equals = std::min(word.find('='), word.size());
        const std::string_view key = word.substr(0, equals);
        const std::string_view value = word.substr(std::min(equals + 1, word.size()));
        std::string* field = fieldOf(showing, key);
        if (field == nullptr || value.empty())
            return tl::unexpected(wrongLine("\"" + std::string(word) + "\" sets no part of it"));
        if (!field->empty())
            return tl::unexpected(wrongLine("\"" + std::string(key) + "\" comes twice"));
        RETURN_IF_ERROR(checkValue(key, value));
        *field = value;
    }
    return showing;
}

} // namespace

bool isShowingLine(std::string_view line)
{
    line = withoutSpaces(line);
    return line.starts_with(mark) && (line.size() == mark.size() || line[mark.size()] == ' ');
}

Result<std::optional<Showing>> showingOf(std::string_view markdown)
{
    std::optional<Showing> showing;
    bool inCode = false;
    for (std::size_t at = 0; at < markdown.size();) {
        const std::size_t end = std::min(markdown.find('\n', at), markdown.size());
        const std::string_view line = withoutSpaces(markdown.substr(at, end - at));
        at = end + 1;
        inCode = inCode != line.starts_with("```");
        if (inCode || !isShowingLine(line))
            continue;
        if (showing)
            return tl::unexpected(wrongLine("one text has two of them"));
        ASSIGN_OR_RETURN(auto parsed, parseLine(line.substr(mark.size())));
        showing = std::move(parsed);
    }
    return showing;
}

std::optional<std::uint64_t> zoomBytes(std::string_view zoom)
{
    constexpr std::string_view units = "KMGT";
    const auto unit = zoom.empty() ? std::string_view::npos : units.find(zoom.back());
    if (unit == std::string_view::npos)
        return std::nullopt;
    const auto number = parseNumber(zoom.substr(0, zoom.size() - 1));
    const auto shift = static_cast<unsigned>(10 * (unit + 1));
    if (!number || *number == 0 || *number > (1ULL << (largestShift - shift)))
        return std::nullopt;
    return *number << shift;
}

} // namespace pgtscope::core
