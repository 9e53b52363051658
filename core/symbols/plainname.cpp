// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/plainname.h"

#include <array>
#include <cctype>
#include <cstddef>
#include <optional>

namespace pgtscope::core {

namespace {

/// KSYM_NAME_LEN of Linux 6.1; nothing longer is looked at.
constexpr std::size_t maxMangledBytes = 512;
constexpr unsigned maxDepth = 64;
constexpr unsigned maxSteps = 2000;

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// What both manglings are read with: a position that never leaves the text, and limits for hostile names.
class NameReader {
public:
    explicit NameReader(std::string_view text)
        : m_text(text)
    {
    }

    bool atEnd() const { return m_at >= m_text.size(); }
    char peek() const { return atEnd() ? '\0' : m_text[m_at]; }
    bool take(std::string_view expected)
    {
        const bool found = m_text.substr(m_at).starts_with(expected);
        m_at += found ? expected.size() : 0;
        return found;
    }
    char next() { return atEnd() ? '\0' : m_text[m_at++]; }
    bool spend() { return ++m_steps <= maxSteps; }
    std::optional<std::size_t> decimal()
    {
        if (!isDigit(peek())) {
            return std::nullopt;
        }
        std::size_t value = 0;
        while (isDigit(peek()) && value <= maxMangledBytes) {
            value = value * 10 + static_cast<std::size_t>(next() - '0');
        }
        return value;
    }
    std::optional<std::string_view> bytes(std::size_t count)
    {
        if (count > m_text.size() - m_at) {
            return std::nullopt;
        }
        const auto found = m_text.substr(m_at, count);
        m_at += count;
        return found;
    }
    std::size_t position() const { return m_at; }
    void moveTo(std::size_t position) { m_at = position; }

private:
    std::string_view m_text;
    std::size_t m_at = 0;
    unsigned m_steps = 0;
};

void join(std::string& path, std::string_view part)
{
    path += path.empty() || part.empty() ? "" : "::";
    path += part;
}

/// The Itanium C++ ABI's <name>, section 5.1.2: source names, nested names, constructors and destructors.
class CppName {
public:
    explicit CppName(std::string_view mangled)
        : m_in(mangled)
    {
    }

    std::optional<std::string> read()
    {
        m_in.take("_ZL") || m_in.take("_Z");
        std::string path;
        if (!m_in.take("N")) {
            const bool ofStd = m_in.take("St");
            const auto name = source();
            if (!name) {
                return std::nullopt;
            }
            path = ofStd ? "std" : "";
            join(path, *name);
            return path;
        }
        while (isQualifier(m_in.peek())) {
            m_in.next();
        }
        while (!m_in.take("E")) {
            if (!m_in.spend() || !part(path)) {
                return std::nullopt;
            }
        }
        return withoutRustHash(path);
    }

private:
    static bool isQualifier(char c) { return c == 'r' || c == 'V' || c == 'K' || c == 'R' || c == 'O'; }

    std::optional<std::string_view> source()
    {
        m_in.take("L");
        const auto length = m_in.decimal();
        return length ? m_in.bytes(*length) : std::nullopt;
    }

    bool part(std::string& path)
    {
        if (m_in.take("St")) {
            join(path, "std");
            return true;
        }
        const std::string last = path.substr(path.rfind(':') == std::string::npos ? 0 : path.rfind(':') + 1);
        const char kind = m_in.peek();
        if (kind == 'I') {
            return skipArguments();
        }
        if (kind == 'C' || kind == 'D') {
            m_in.next();
            join(path, (kind == 'D' ? "~" : "") + last);
            return isDigit(m_in.next());
        }
        const auto name = source();
        join(path, name.value_or(""));
        return name && !name->empty();
    }

    /// Template arguments: names inside are skipped whole, so that their letters are no brackets.
    bool skipArguments()
    {
        unsigned open = 0;
        do {
            if (!m_in.spend() || m_in.atEnd()) {
                return false;
            }
            if (isDigit(m_in.peek())) {
                if (!source()) {
                    return false;
                }
                continue;
            }
            const char c = m_in.next();
            open += c == 'I' || c == 'N' || c == 'L' || c == 'X' || c == 'J' || c == 'F' ? 1 : 0;
            if (c == 'L') {
                // A literal: its type and its value, whose digits are no length.
                while (!m_in.atEnd() && m_in.peek() != 'E') {
                    m_in.next();
                }
            }
            open -= c == 'E' ? 1 : 0;
        } while (open > 0);
        return true;
    }

    /// Rust's legacy mangling ends a C++ name in a hash: "h" and 16 digits.
    static std::string withoutRustHash(std::string path)
    {
        constexpr std::size_t hashBytes = 17;
        const std::size_t colon = path.rfind("::");
        if (colon == std::string::npos || path.size() - colon - 2 != hashBytes || path[colon + 2] != 'h') {
            return path;
        }
        for (std::size_t i = colon + 3; i < path.size(); ++i) {
            if (std::isxdigit(static_cast<unsigned char>(path[i])) == 0) {
                return path;
            }
        }
        return path.substr(0, colon);
    }

    NameReader m_in;
};

/// RFC 2603's basic types, by their letters.
constexpr std::array<std::string_view, 26> basicTypes{"i8", "bool", "char", "f64", "str", "f32", "", "u8",
    "isize", "usize", "", "i32", "u32", "i128", "u128", "_", "", "", "i16", "u16", "()", "...", "", "i64",
    "u64", "!"};

/// Rust's v0 mangling, RFC 2603: paths and the types inside them.
class RustName {
public:
    explicit RustName(std::string_view mangled)
        : m_in(mangled)
    {
    }

    std::optional<std::string> read()
    {
        m_in.take("_R");
        m_in.decimal();
        std::string text;
        return path(text, 0) ? std::optional(std::move(text)) : std::nullopt;
    }

private:
    bool base62()
    {
        while (std::isalnum(static_cast<unsigned char>(m_in.peek())) != 0) {
            m_in.next();
        }
        return m_in.take("_");
    }

    bool disambiguator() { return !m_in.take("s") || base62(); }

    bool identifier(std::string& text)
    {
        if (!disambiguator()) {
            return false;
        }
        m_in.take("u");
        const auto length = m_in.decimal();
        m_in.take("_");
        const auto name = length ? m_in.bytes(*length) : std::nullopt;
        join(text, name.value_or(""));
        return name.has_value();
    }

    /// "B" and the place that is meant, counted from behind "_R".
    template <class Read>
    bool backReference(Read read)
    {
        const std::size_t before = m_in.position() - 1;
        std::size_t value = 0;
        bool any = false;
        for (char c = m_in.next(); c != '_'; c = m_in.next()) {
            const int digit = isDigit(c) ? c - '0'
                : c >= 'a' && c <= 'z'   ? c - 'a' + 10
                : c >= 'A' && c <= 'Z'   ? c - 'A' + 36
                                         : -1;
            if (digit < 0 || value > maxMangledBytes) {
                return false;
            }
            value = value * 62 + static_cast<std::size_t>(digit);
            any = true;
        }
        const std::size_t target = 2 + (any ? value + 1 : 0);
        const std::size_t after = m_in.position();
        if (target >= before) {
            return false;
        }
        m_in.moveTo(target);
        const bool good = read();
        m_in.moveTo(after);
        return good;
    }

    bool path(std::string& text, unsigned depth)
    {
        if (depth > maxDepth || !m_in.spend()) {
            return false;
        }
        std::string ignored;
        switch (m_in.next()) {
        case 'C':
            return identifier(text);
        case 'N':
            m_in.next(); // the namespace
            return path(text, depth + 1) && identifier(text);
        case 'M':
            return disambiguator() && path(ignored, depth + 1) && type(text, depth + 1);
        case 'X':
            return disambiguator() && path(ignored, depth + 1) && type(text, depth + 1)
                && path(ignored, depth + 1);
        case 'Y':
            return type(text, depth + 1) && path(ignored, depth + 1);
        case 'I':
            return path(text, depth + 1) && arguments(depth + 1);
        case 'B':
            return backReference([&] { return path(text, depth + 1); });
        default:
            return false;
        }
    }

    bool arguments(unsigned depth)
    {
        while (!m_in.take("E")) {
            std::string ignored;
            const bool good = m_in.take("L") ? base62()
                : m_in.take("K")             ? constant(depth)
                                             : type(ignored, depth);
            if (!good) {
                return false;
            }
        }
        return true;
    }

    bool constant(unsigned depth)
    {
        if (m_in.take("p")) {
            return true;
        }
        if (m_in.take("B")) {
            return backReference([&] { return constant(depth + 1); });
        }
        m_in.next(); // the basic type
        m_in.take("n");
        return base62();
    }

    bool type(std::string& text, unsigned depth)
    {
        if (depth > maxDepth || !m_in.spend()) {
            return false;
        }
        const char kind = m_in.peek();
        if (kind >= 'a' && kind <= 'z') {
            m_in.next();
            join(text, basicTypes[static_cast<std::size_t>(kind - 'a')]);
            return true;
        }
        if (m_in.take("R") || m_in.take("Q")) {
            return (!m_in.take("L") || base62()) && type(text, depth + 1);
        }
        if (m_in.take("P") || m_in.take("O") || m_in.take("S")) {
            return type(text, depth + 1);
        }
        if (m_in.take("A")) {
            return type(text, depth + 1) && constant(depth + 1);
        }
        if (m_in.take("T")) {
            return arguments(depth + 1);
        }
        if (m_in.take("B")) {
            return backReference([&] { return type(text, depth + 1); });
        }
        // Function and trait-object types are not followed: a name through one stays as it is.
        return kind != 'F' && kind != 'D' && path(text, depth + 1);
    }

    NameReader m_in;
};

} // namespace

bool isMangled(std::string_view symbol)
{
    return symbol.size() <= maxMangledBytes && (symbol.starts_with("_Z") || symbol.starts_with("_R"));
}

std::string plainName(std::string_view symbol)
{
    std::optional<std::string> plain;
    if (isMangled(symbol)) {
        plain = symbol[1] == 'Z' ? CppName(symbol).read() : RustName(symbol).read();
    }
    return plain && !plain->empty() ? std::move(*plain) : std::string(symbol);
}

} // namespace pgtscope::core
