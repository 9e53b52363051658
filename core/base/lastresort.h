// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string_view>

namespace pgtscope::core {

/// Does a program's work, whose exit status it returns. Errors are values; what is thrown nevertheless (by a
/// library, or for want of memory) is reported on standard error, and the status is 2.
int lastResort(std::string_view program, const std::function<int()>& work);

/// The status of a program whose standard output met `error` (an errno; 0: none), which it reports on
/// standard error. A reader that has closed its pipe has read enough.
int statusWithOutput(std::string_view program, int status, int error);

/// Standard input, output and error that the caller has closed lead nowhere from here on: the next file or
/// socket that is opened would take their numbers, and the program's words would go into it. What is written
/// there fails.
void occupyStandardStreams();

} // namespace pgtscope::core
