// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <type_traits>
#include <utility>

#include "tests/support/catch.h"

#include "core/base/error.h"

namespace pgtscope::test {

/// What a step that the test cannot do without gave; fails the test with its message if it gave nothing.
template <class T>
T required(core::Result<T> result)
{
    if (!result)
        FAIL(result.error().message());
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

} // namespace pgtscope::test
