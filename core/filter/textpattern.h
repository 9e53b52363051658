// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace pgtscope::core {

/// ASCII letters in lower case, every other byte as it is.
constexpr char lowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// A test on texts whose time is bounded by pattern length times text length, whatever the two hold.
class TextPattern {
public:
    enum class Kind {
        Any, ///< Every text that is not empty.
        Equal,
        /// `pattern` is found anywhere in the text, upper and lower case alike. `*` matches any characters
        /// and `?` one; `^` first and `$` last tie it to the text's ends.
        Like,
    };

    TextPattern() = default;
    TextPattern(Kind kind, std::string_view pattern);

    bool matches(std::string_view text) const;

private:
    Kind m_kind = Kind::Any;
    std::string m_pattern;
};

} // namespace pgtscope::core
