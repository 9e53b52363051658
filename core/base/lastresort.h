// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string_view>

namespace pgtscope::core {

/// Does a program's work, whose exit status it returns. Errors are values; what is thrown nevertheless (by a
/// library, or for want of memory) is reported on standard error, and the status is 2.
int lastResort(std::string_view program, const std::function<int()>& work);

} // namespace pgtscope::core
