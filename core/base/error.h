// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace pgtscope::core {

/// What a user is shown when something could not be done. Every part is one sentence or less, without a
/// full stop, in the words of the field.
struct Error {
    std::string tried; ///< What was attempted, e.g. "read 4096 bytes at physical 0x1000".
    std::string happened; ///< What came back, e.g. "gdb exited with status 1".
    std::string advice; ///< What the user can do; may be empty.

    /// "could not TRIED: HAPPENED; ADVICE"
    std::string message() const;

    bool operator==(const Error&) const = default;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> failure(std::string tried, std::string happened, std::string advice = {})
{
    return tl::unexpected<Error>(Error{std::move(tried), std::move(happened), std::move(advice)});
}

} // namespace pgtscope::core

// The names are those of Abseil and Perfetto: a reader of either knows what they do.

#define PGTSCOPE_JOINED_AGAIN(left, right) left##right
#define PGTSCOPE_JOINED(left, right) PGTSCOPE_JOINED_AGAIN(left, right)

#define PGTSCOPE_RETURN_IF_ERROR(result, ...)                                                                \
    do {                                                                                                     \
        if (auto&& result = __VA_ARGS__; !result)                                                            \
            return tl::unexpected(std::move(result.error()));                                                \
    } while (false)

#define PGTSCOPE_ASSIGN_OR_RETURN(result, declaration, ...)                                                  \
    auto result = __VA_ARGS__;                                                                               \
    if (!result)                                                                                             \
        return tl::unexpected(std::move(result.error()));                                                    \
    declaration = *std::move(result)

/// Passes the error of an expression of type tl::expected on to the caller. The error is moved out of a
/// variable that is named here. One statement.
#define RETURN_IF_ERROR(...) PGTSCOPE_RETURN_IF_ERROR(PGTSCOPE_JOINED(passedOn, __COUNTER__), __VA_ARGS__)

/// Declares a variable that holds the value of an expression of type tl::expected, or passes its error on to
/// the caller: ASSIGN_OR_RETURN(const auto bytes, readFile(path)). More than one statement: never the body of
/// an if without braces.
#define ASSIGN_OR_RETURN(declaration, ...)                                                                   \
    PGTSCOPE_ASSIGN_OR_RETURN(PGTSCOPE_JOINED(passedOn, __COUNTER__), declaration, __VA_ARGS__)
