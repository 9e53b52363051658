// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/mi/miparser.h"

#include <charconv>

// Grammar (gdb manual, "GDB/MI Output Syntax"), with what gdb 13 really prints:
//
//   line    = prompt | [token] "^" class results | [token] ("*" | "+" | "=") class results
//           | ("~" | "@" | "&") cstring
//   prompt  = "(gdb)" [" "]
//   results = { "," item }
//   item    = [ name "=" ] value          a bare value follows where several breakpoints are reported
//   value   = cstring | "{" [ items ] "}" | "[" [ items ] "]"
//   items   = item { "," item }           a breakpoint's script is a tuple of bare strings
//   cstring = '"' { any byte but '"' and '\' | escape } '"'
//   escape  = "\" ( one of abefnrtv"'\ | 1 to 3 octal digits | "x" 1 to 2 hexadecimal digits )

namespace pgtscope::gdb {

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool isNameCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || c == '_' || c == '-' || c == '.';
}

std::optional<unsigned> digitValue(char c, unsigned base)
{
    unsigned value = 16;
    if (isDigit(c))
        value = static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
        value = static_cast<unsigned>(c - 'a') + 10U;
    else if (c >= 'A' && c <= 'F')
        value = static_cast<unsigned>(c - 'A') + 10U;
    return value < base ? std::optional(value) : std::nullopt;
}

class Parser {
public:
    explicit Parser(std::string_view line)
        : m_line(line)
    {
    }

    core::Result<MiRecord> record()
    {
        MiRecord record;
        const bool good = isPrompt() || (token(record) && body(record) && atEnd());
        if (!good)
            return core::failure("read a line of gdb's machine interface",
                std::string(m_problem) + " at byte " + std::to_string(m_at));
        return record;
    }

private:
    bool isPrompt() const { return m_line == "(gdb)" || m_line == "(gdb) "; }
    bool more() const { return m_at < m_line.size(); }
    char peek() const { return more() ? m_line[m_at] : '\0'; }
    bool accept(char c)
    {
        const bool found = more() && m_line[m_at] == c;
        m_at += found ? 1U : 0U;
        return found;
    }
    bool fail(const char* problem)
    {
        m_problem = problem;
        return false;
    }
    bool atEnd() { return !more() || fail("unexpected text after the record"); }

    bool token(MiRecord& record)
    {
        if (!isDigit(peek()))
            return true;
        std::uint64_t value = 0;
        const char* begin = m_line.data();
        const auto [end, error] = std::from_chars(begin + m_at, begin + m_line.size(), value);
        if (error != std::errc())
            return fail("token out of range");
        m_at = static_cast<std::size_t>(end - begin);
        record.token = value;
        return true;
    }

    bool body(MiRecord& record)
    {
        using Kind = MiRecord::Kind;
        const char mark = peek();
        m_at += more() ? 1U : 0U;
        switch (mark) {
        case '^':
            record.kind = Kind::Result;
            break;
        case '*':
            record.kind = Kind::Exec;
            break;
        case '+':
            record.kind = Kind::Status;
            break;
        case '=':
            record.kind = Kind::Notify;
            break;
        case '~':
            record.kind = Kind::Console;
            return cString(record.text);
        case '@':
            record.kind = Kind::Target;
            return cString(record.text);
        case '&':
            record.kind = Kind::Log;
            return cString(record.text);
        default:
            return fail("no record starts like this");
        }
        record.name = name();
        if (record.name.empty())
            return fail("record class expected");
        record.results.kind = MiValue::Kind::Tuple;
        return !accept(',') || items(record.results, 0);
    }

    std::string name()
    {
        const std::size_t begin = m_at;
        while (more() && isNameCharacter(m_line[m_at]))
            ++m_at;
        return std::string(m_line.substr(begin, m_at - begin));
    }

    bool items(MiValue& parent, unsigned depth)
    {
        do {
            MiResult& result = parent.items.emplace_back();
            if (!item(result, depth))
                return false;
        } while (accept(','));
        return true;
    }

    bool item(MiResult& result, unsigned depth)
    {
        if (++m_values > miMaxValues)
            return fail("too many values");
        if (isNameCharacter(peek())) {
            result.name = name();
            if (!accept('='))
                return fail("'=' expected");
        }
        return value(result.value, depth);
    }

    bool value(MiValue& value, unsigned depth)
    {
        const char first = peek();
        if (first == '"')
            return cString(value.text);
        if (first != '{' && first != '[')
            return fail("value expected");
        if (depth >= miMaxDepth)
            return fail("nesting too deep");
        ++m_at;
        value.kind = first == '{' ? MiValue::Kind::Tuple : MiValue::Kind::List;
        const char last = first == '{' ? '}' : ']';
        if (accept(last))
            return true;
        if (!items(value, depth + 1))
            return false;
        return accept(last) || fail("closing bracket expected");
    }

    bool cString(std::string& text)
    {
        if (!accept('"'))
            return fail("'\"' expected");
        while (more()) {
            const std::size_t stop = m_line.find_first_of("\"\\", m_at);
            if (stop == std::string_view::npos)
                break;
            text.append(m_line, m_at, stop - m_at);
            m_at = stop + 1;
            if (m_line[stop] == '"')
                return true;
            if (!escape(text))
                return false;
        }
        m_at = m_line.size();
        return fail("string does not end");
    }

    bool escape(std::string& text)
    {
        if (!more())
            return fail("escape does not end");
        if (digitValue(peek(), 8)) {
            text += digits(8, 3);
            return true;
        }
        const char c = m_line[m_at++];
        if (c == 'x') {
            if (!digitValue(peek(), 16))
                return fail("hexadecimal digit expected");
            text += digits(16, 2);
            return true;
        }
        constexpr std::string_view letters = "abefnrtv\"'\\";
        constexpr std::string_view meanings = "\a\b\033\f\n\r\t\v\"'\\";
        const std::size_t which = letters.find(c);
        if (which == std::string_view::npos)
            return fail("unknown escape");
        text += meanings[which];
        return true;
    }

    char digits(unsigned base, unsigned most)
    {
        unsigned value = 0;
        for (unsigned count = 0; count < most; ++count) {
            const std::optional<unsigned> digit = digitValue(peek(), base);
            if (!digit)
                break;
            value = value * base + *digit;
            ++m_at;
        }
        return static_cast<char>(static_cast<unsigned char>(value));
    }

    std::string_view m_line;
    std::size_t m_at = 0;
    std::size_t m_values = 0;
    const char* m_problem = "nothing to read";
};

} // namespace

core::Result<MiRecord> parseMiLine(std::string_view line) { return Parser(line).record(); }

std::optional<std::uint64_t> MiValue::number() const
{
    std::string_view digits = text;
    int base = 10;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
        digits.remove_prefix(2);
        base = 16;
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    return kind == Kind::String && error == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> MiValue::numberOf(std::string_view name) const
{
    const MiValue* value = find(name);
    return value != nullptr ? value->number() : std::nullopt;
}

} // namespace pgtscope::gdb
