// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace pgtscope::tests {

/// What ctest counts as skipped (SKIP_RETURN_CODE).
constexpr int skippedStatus = 77;

/// Runs the test cases that the arguments choose. The exit status: 0 when all passed, skippedStatus when some
/// were skipped and none failed, otherwise Catch2's.
int runCatch(int argc, char* argv[]);

/// Ends the test case as one that cannot run here (a guest that cannot be fetched), and prints why.
[[noreturn]] void skipCase(const std::string& why);

} // namespace pgtscope::tests
