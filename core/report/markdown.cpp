// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/markdown.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/report/showing.h"

namespace pgtscope::core {

namespace {

constexpr std::string_view answerWord = "**Answer.**";

enum class BlockKind { Paragraph, Heading, Item, Code };

struct Block {
    BlockKind kind = BlockKind::Paragraph;
    std::string mark; ///< "-" or "1." of an item.
    std::string text;
    bool quote = false;
    bool answer = false; ///< Hidden until the reader asks for it.
};

std::string_view trimmed(std::string_view line)
{
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos)
        return {};
    return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

/// Length of a list item's mark and the space after it; 0 if the line is no item.
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
        std::string_view line = trimmed(raw);
        if (line.starts_with("```")) {
            m_inCode = !m_inCode;
            m_open = false;
            if (m_inCode)
                push(BlockKind::Code, {});
        } else if (m_inCode) {
            m_blocks.back().text += std::string(raw) + '\n';
        } else if (isShowingLine(line)) {
            m_open = false;
        } else {
            line = unquoted(line);
            if (line.empty())
                m_open = false;
            else if (line.front() == '#')
                addHeading(line);
            else
                addProse(line);
        }
    }

    /// The line without its ">", which begins or goes on with a quotation; a line without ends it.
    std::string_view unquoted(std::string_view line)
    {
        const bool quote = line.starts_with('>');
        if (quote != m_quote) {
            m_open = false;
            m_quotedAnswer = false;
        }
        m_quote = quote;
        return quote ? trimmed(line.substr(1)) : line;
    }

    void addHeading(std::string_view line)
    {
        const auto text = std::min(line.find_first_not_of('#'), line.size());
        push(BlockKind::Heading, std::string(trimmed(line.substr(text))));
        m_open = false;
    }

    void addProse(std::string_view line)
    {
        if (m_quote && line.starts_with(answerWord)) {
            m_quotedAnswer = true;
            m_open = false;
        }
        if (const std::size_t mark = itemMark(line); mark != 0) {
            push(BlockKind::Item, std::string(line.substr(mark)));
            m_blocks.back().mark = line.front() == '*' ? "-" : std::string(line.substr(0, mark - 1));
        } else if (m_open) {
            m_blocks.back().text += ' ' + std::string(line);
        } else {
            push(BlockKind::Paragraph, std::string(line));
        }
        m_open = true;
    }

    void push(BlockKind kind, std::string text)
    {
        m_blocks.push_back({kind, {}, std::move(text), m_quote, m_quotedAnswer});
    }

    std::vector<Block> m_blocks;
    bool m_inCode = false;
    bool m_open = false; ///< The last block goes on in the next line.
    bool m_quote = false;
    bool m_quotedAnswer = false;
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

struct Link {
    std::string_view text;
    std::string_view target;
    std::size_t end = 0; ///< After it.
};

/// "[text](pgtscope:target)" at `at`; links to anywhere else are words like others.
std::optional<Link> linkAt(std::string_view text, std::size_t at)
{
    constexpr std::string_view middle = "](pgtscope:";
    constexpr std::size_t longest = 400; // a text of many "[" is not searched through for each of them
    if (text[at] != '[')
        return std::nullopt;
    text = text.substr(0, at + longest);
    const auto close = text.find(']', at);
    if (close == std::string_view::npos || !text.substr(close).starts_with(middle))
        return std::nullopt;
    const std::size_t target = close + middle.size();
    const auto end = text.find(')', target);
    if (end == std::string_view::npos)
        return std::nullopt;
    return Link{text.substr(at + 1, close - at - 1), text.substr(target, end - target), end + 1};
}

/// What a link names that the page has no place for is in the window.
std::string linkHtml(const Link& link, const PagePlace& placeOf)
{
    const std::string place = placeOf(link.target);
    if (place.empty())
        return htmlText(link.text);
    return "<a href=\"" + htmlText(place) + "\">" + htmlText(link.text) + "</a>";
}

std::string markedText(std::string_view inner, const Mark& mark, bool html)
{
    if (!html)
        return std::string(inner);
    const std::string tag(mark.tag);
    return "<" + tag + ">" + htmlText(inner) + "</" + tag + ">";
}

/// `text` with its inline marks and links replaced: by elements for a page, whose places `placeOf` knows;
/// without it by their words.
std::string inlineText(std::string_view text, const PagePlace* placeOf)
{
    const bool html = placeOf != nullptr;
    std::string out;
    std::size_t plain = 0;
    const auto flush = [&](std::size_t end) {
        const auto part = text.substr(plain, end - plain);
        out += html ? htmlText(part) : std::string(part);
    };
    for (std::size_t at = 0; at < text.size();) {
        if (const auto link = linkAt(text, at)) {
            flush(at);
            out += html ? linkHtml(*link, *placeOf) : std::string(link->text);
            plain = at = link->end;
        } else if (const auto mark = markAt(text, at)) {
            flush(at);
            const std::size_t begin = at + mark->sign.size();
            const std::size_t end = text.find(mark->sign, begin);
            out += markedText(text.substr(begin, end - begin), *mark, html);
            plain = at = end + mark->sign.size();
        } else {
            ++at;
        }
    }
    flush(text.size());
    return out;
}

void addHtml(std::string& out, const Block& block, const PagePlace& placeOf)
{
    switch (block.kind) {
    case BlockKind::Paragraph:
        out += "<p>" + inlineText(block.text, &placeOf) + "</p>\n";
        break;
    case BlockKind::Heading:
        out += "<h4>" + inlineText(block.text, &placeOf) + "</h4>\n";
        break;
    case BlockKind::Item:
        out += "<p class=\"item\">" + htmlText(block.mark == "-" ? "\u2022" : block.mark) + ' '
            + inlineText(block.text, &placeOf) + "</p>\n";
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
    out += (block.quote || block.answer ? "    " : "") + (item ? "  " + block.mark + ' ' : std::string())
        + inlineText(block.text, nullptr) + '\n';
}

/// Opens and closes what holds several blocks: quotations and hidden answers.
class Groups {
public:
    explicit Groups(std::string& out)
        : m_out(out)
    {
    }
    void next(bool quote, bool answer)
    {
        if (m_answer && (!answer || quote != m_quote))
            m_out += "</details>\n";
        if (quote != m_quote)
            m_out += quote ? "<blockquote>\n" : "</blockquote>\n";
        if (answer && (!m_answer || quote != m_quote))
            m_out += "<details class=\"answer\"><summary>Show the answer</summary>\n";
        m_quote = quote;
        m_answer = answer;
    }

private:
    std::string& m_out;
    bool m_quote = false;
    bool m_answer = false;
};

} // namespace

bool beginsAnswer(std::string_view line)
{
    line = trimmed(line);
    return line.starts_with('>') && trimmed(line.substr(1)).starts_with(answerWord);
}

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

std::string stepPlace(std::string_view target)
{
    constexpr std::string_view step = "step/";
    const bool known = target.starts_with(step) && target.size() > step.size()
        && target.find_first_not_of("0123456789", step.size()) == std::string_view::npos;
    return known ? "#step-" + std::string(target.substr(step.size())) : std::string();
}

std::string markdownHtml(std::string_view markdown, const PagePlace& placeOf)
{
    std::string out;
    Groups groups(out);
    for (const Block& block : BlockReader().read(markdown)) {
        groups.next(block.quote, block.answer);
        addHtml(out, block, placeOf);
    }
    groups.next(false, false);
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
