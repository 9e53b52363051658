// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace pgtscope::tests {

/// Runs the test cases that the arguments choose. The exit status is Catch2's: 0 when all passed.
int runCatch(int argc, char* argv[]);

} // namespace pgtscope::tests
