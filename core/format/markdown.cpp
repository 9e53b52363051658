// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/format/markdown.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace pgtscope::core {

namespace {

enum class BlockKind { Paragraph, Heading, Item, Code };

struct Block {
    BlockKind kind = BlockKind::Paragraph;
    std::string mark; ///< "-" or "1." of an item.
    std::string text;
};

std::string_view trimmed(std::string_view line)
{
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos)
        return {};
    return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

/// Length of a list item's mark and the space behind it; 0 if the line is no item.
std::size_t itemMark(std::string_view line)
{
    if (line.starts_with("- ") || line.starts_with("* "))
        return 2;
    const auto digits = line.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos || digits > 3)
        return 0;
    return line.substr(digits).starts_with(". ") ? digits + 2 : 0;
}

class BlockReader {
public:
    std::vector<Block> read(std::string_view markdown)
    {
        for (std::size_t at = 0; at < markdown.size();) {
            const std::size_t end = std::min(markdown.find('\n', at), markdown.size());
            addLine(markdown.substr(at, end - at));
            at = end + 1;
        }
        return std::move(m_blocks);
    }

private:
    void addLine(std::string_view raw)
    {
        const std::string_view line = trimmed(raw);
        if (line.starts_with("```")) {
            m_inCode = !m_inCode;
            m_open = false;
            if (m_inCode)
                m_blocks.push_back({BlockKind::Code, {}, {}});
        } else if (m_inCode) {
            m_blocks.back().text += std::string(raw) + '\n';
        } else if (line.empty()) {
            m_open = false;
        } else if (line.front() == '#') {
            const auto text = std::min(line.find_first_not_of('#'), line.size());
            m_blocks.push_back({BlockKind::Heading, {}, std::string(trimmed(line.substr(text)))});
            m_open = false;
        } else {
            addProse(line);
        }
    }

    void addProse(std::string_view line)
    {
        if (const std::size_t mark = itemMark(line); mark != 0) {
            const std::string shown = line.front() == '*' ? "-" : std::string(line.substr(0, mark - 1));
            m_blocks.push_back({BlockKind::Item, shown, std::string(line.substr(mark))});
        } else if (m_open) {
            m_blocks.back().text += ' ' + std::string(line);
        } else {
            m_blocks.push_back({BlockKind::Paragraph, {}, std::string(line)});
        }
        m_open = true;
    }

    std::vector<Block> m_blocks;
    bool m_inCode = false;
    bool m_open = false; ///< The last block goes on in the next line.
};

struct Mark {
    std::string_view sign;
    std::string_view tag;
};
constexpr Mark marks[] = {{"`", "code"}, {"**", "strong"}, {"*", "em"}};

/// The mark that begins at `at` and is closed again further on.
std::optional<Mark> markAt(std::string_view text, std::size_t at)
{
    for (const Mark& mark : marks) {
        const std::size_t behind = at + mark.sign.size();
        if (!text.substr(at).starts_with(mark.sign) || behind >= text.size() || text[behind] == ' ')
            continue;
        const auto close = text.find(mark.sign, behind);
        if (close != std::string_view::npos && close != behind)
            return mark;
    }
    return std::nullopt;
}

/// `text` with its inline marks replaced: `html` by elements, otherwise by nothing.
std::string inlineText(std::string_view text, bool html)
{
    std::string out;
    std::size_t plain = 0;
    const auto flush = [&](std::size_t end) {
        const auto part = text.substr(plain, end - plain);
        out += html ? htmlText(part) : std::string(part);
    };
    for (std::size_t at = 0; at < text.size();) {
        const auto mark = markAt(text, at);
        if (!mark) {
            ++at;
            continue;
        }
        flush(at);
        const std::size_t begin = at + mark->sign.size();
        const std::size_t end = text.find(mark->sign, begin);
        const auto inner = text.substr(begin, end - begin);
        const std::string shown = html ? htmlText(inner) : std::string(inner);
        const std::string tag(mark->tag);
        out += html ? "<" + tag + ">" + shown + "</" + tag + ">" : shown;
        plain = at = end + mark->sign.size();
    }
    flush(text.size());
    return out;
}

void addHtml(std::string& out, const Block& block)
{
    switch (block.kind) {
    case BlockKind::Paragraph:
        out += "<p>" + inlineText(block.text, true) + "</p>\n";
        break;
    case BlockKind::Heading:
        out += "<h4>" + inlineText(block.text, true) + "</h4>\n";
        break;
    case BlockKind::Item:
        out += "<p class=\"item\">" + htmlText(block.mark == "-" ? "\u2022" : block.mark) + ' '
            + inlineText(block.text, true) + "</p>\n";
        break;
    case BlockKind::Code:
        out += "<pre>" + htmlText(block.text) + "</pre>\n";
        break;
    }
}

void addPlain(std::string& out, const Block& block, bool afterItem)
{
    const bool item = block.kind == BlockKind::Item;
    if (!out.empty() && !(item && afterItem))
        out += '\n';
    if (block.kind == BlockKind::Code) {
        for (std::size_t at = 0; at < block.text.size();) {
            const std::size_t end = std::min(block.text.find('\n', at), block.text.size());
            out += "    " + block.text.substr(at, end - at) + '\n';
            at = end + 1;
        }
        return;
    }
    out += (item ? "  " + block.mark + ' ' : "") + inlineText(block.text, false) + '\n';
}

} // namespace

std::string markdownPlain(std::string_view markdown)
{
    std::string out;
    bool afterItem = false;
    for (const Block& block : BlockReader().read(markdown)) {
        addPlain(out, block, afterItem);
        afterItem = block.kind == BlockKind::Item;
    }
    return out;
}

std::string markdownHtml(std::string_view markdown)
{
    std::string out;
    for (const Block& block : BlockReader().read(markdown))
        addHtml(out, block);
    return out;
}

std::string htmlText(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            if (static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\t')
                out += c;
        }
    }
    return out;
}

} // namespace pgtscope::core
