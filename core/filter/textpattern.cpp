// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter/textpattern.h"

namespace pgtscope::core {

namespace {

/// Whether `text` as a whole has the shape of `pattern` with * and ?. Going back to the latest star is
/// enough: an earlier one could only take characters that the later one can take too.
bool wildcardMatch(std::string_view pattern, std::string_view text)
{
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t starText = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            starText = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == lowerCase(text[t]))) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++starText;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

} // namespace

TextPattern::TextPattern(Kind kind, std::string_view pattern)
    : m_kind(kind)
    , m_pattern(pattern)
{
    if (kind != Kind::Like)
        return;
    for (char& c : m_pattern)
        c = lowerCase(c);
    if (m_pattern.starts_with('^'))
        m_pattern.erase(0, 1);
    else
        m_pattern.insert(0, 1, '*');
    if (m_pattern.ends_with('$'))
        m_pattern.pop_back();
    else
        m_pattern += '*';
}

bool TextPattern::matches(std::string_view text) const
{
    switch (m_kind) {
    case Kind::Any:
        return !text.empty();
    case Kind::Equal:
        return text == m_pattern;
    case Kind::Like:
        return wildcardMatch(m_pattern, text);
    }
    return false;
}

} // namespace pgtscope::core
