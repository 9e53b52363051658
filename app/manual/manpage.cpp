// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/manual/manpage.h"

#include <algorithm>
#include <vector>

namespace pgtscope::app {

namespace {

/// Escapes what roff would interpret.
std::string roffText(std::string_view text)
{
    std::string out;
    if (!text.empty() && (text.front() == '.' || text.front() == '\''))
        out += "\\&";
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if (c == '^')
            out += "\\(ha";
        else if (c == '~')
            out += "\\(ti";
        else if (c == '`')
            out += "\\(ga";
        else
            out += c;
    }
    return out;
}

/// A macro's argument, in quotation marks.
std::string roffWord(std::string_view text)
{
    std::string out = "\"";
    for (const char c : roffText(text))
        out += c == '"' ? std::string("\\(dq") : std::string(1, c);
    return out + "\"";
}

std::size_t indentation(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

bool isHeading(std::string_view line)
{
    return !line.empty() && line.front() >= 'A' && line.front() <= 'Z'
        && line.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ ") == line.npos;
}

/// "term: words"; a colon that follows a gap between columns belongs to a sentence.
bool isTerm(std::string_view text)
{
    const auto colon = text.find(": ");
    return colon != text.npos && text.find("  ") > colon;
}

class RoffWriter {
public:
    explicit RoffWriter(std::string& out)
        : m_out(out)
    {
    }

    void write(std::string_view manual)
    {
        std::vector<std::string_view> lines;
        for (std::size_t at = 0; at < manual.size();) {
            const std::size_t end = std::min(manual.find('\n', at), manual.size());
            lines.push_back(manual.substr(at, end - at));
            at = end + 1;
        }
        for (std::size_t i = 0; i < lines.size(); ++i)
            writeLine(lines[i], i + 1 < lines.size() ? lines[i + 1] : std::string_view{});
        endExample();
    }

private:
    void writeLine(std::string_view line, std::string_view next)
    {
        const std::size_t indent = indentation(line);
        const std::string_view text = line.substr(indent);
        const bool option = indent == 4 && indentation(next) == 8;
        if (indent == 8 && m_inCommand && text.starts_with("pgt ")) {
            const bool more = next.starts_with("        pgt ");
            m_out += (m_inExample ? "" : ".nf\n") + roffText(text) + (more ? "\n" : "\n.fi\n");
            m_inExample = more;
            return;
        }
        if (indent == 4 && !option && !m_inCommand && !isTerm(text)) {
            writeExample(text);
            return;
        }
        endExample();
        if (text.empty())
            m_inCommand = false;
        else if (isHeading(line))
            begin(".SH ", text);
        else if (indent == 0 && indentation(next) == 4 && line.find_first_of(".,:") == line.npos)
            begin(".SS ", text);
        else if (option)
            m_out += ".TP\n.B " + roffWord(text) + '\n';
        else if (indent == 4 && !m_inCommand)
            writeTerm(text);
        else
            writeProse(text, indent);
    }

    void begin(std::string_view macro, std::string_view title)
    {
        m_out += std::string(macro) + roffWord(title) + '\n';
        m_inCommand = macro == ".SS ";
        m_fresh = true;
    }

    void writeTerm(std::string_view text)
    {
        const auto colon = text.find(": ");
        m_out
            += ".TP\n.B " + roffWord(text.substr(0, colon)) + '\n' + roffText(text.substr(colon + 2)) + '\n';
        m_fresh = false;
    }

    void writeProse(std::string_view text, std::size_t indent)
    {
        if (!m_fresh)
            m_out += indent == 0 ? ".PP\n" : indent == 4 ? ".br\n" : "";
        m_fresh = false;
        m_out += roffText(text) + '\n';
    }

    void writeExample(std::string_view text)
    {
        if (!m_inExample)
            m_out += std::string(m_fresh ? "" : ".PP\n") + ".RS 4\n.nf\n";
        m_inExample = true;
        m_fresh = false;
        m_out += roffText(text) + '\n';
    }

    void endExample()
    {
        if (m_inExample)
            m_out += ".fi\n.RE\n";
        m_inExample = false;
    }

    std::string& m_out;
    bool m_inExample = false;
    bool m_inCommand = false; ///< Indented lines are a command's words and options.
    bool m_fresh = true; ///< The previous line is a heading.
};

} // namespace

std::string manPage(std::string_view manual, std::string_view synopsis)
{
    const std::size_t end = std::min(manual.find('\n'), manual.size());
    const std::string_view first = manual.substr(0, end);
    const std::size_t colon = std::min(first.find(": "), first.size());
    const std::string_view name = first.substr(0, colon);
    const std::string_view summary = first.substr(std::min(colon + 2, first.size()));
    std::string upper(name);
    std::transform(upper.begin(), upper.end(), upper.begin(),
        [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    std::string out = ".TH " + upper + " 1 " PGTSCOPE_RELEASED " \"pgtscope " PGTSCOPE_VERSION "\"\n";
    out += ".SH NAME\n" + roffText(name) + " \\- " + roffText(summary) + '\n';
    out += ".SH SYNOPSIS\n.B " + roffWord(synopsis) + "\n.SH DESCRIPTION\n";
    RoffWriter(out).write(manual.substr(std::min(end + 1, manual.size())));
    return out;
}

} // namespace pgtscope::app
