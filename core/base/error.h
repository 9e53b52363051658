// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include <tl/expected.hpp>

namespace pgtscope::core {

/// What a user is told when something could not be done. Every part is one sentence or less, without a
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
