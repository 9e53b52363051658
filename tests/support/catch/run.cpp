// SPDX-License-Identifier: GPL-2.0-or-later
#define CATCH_CONFIG_RUNNER
#include "tests/support/catch.h"

#include "tests/support/catch/run.h"

namespace pgtscope::tests {

int runCatch(int argc, char* argv[]) { return Catch::Session().run(argc, argv); }

} // namespace pgtscope::tests
