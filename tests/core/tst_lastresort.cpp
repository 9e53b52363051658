// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <new>
#include <sstream>
#include <stdexcept>

#include "tests/support/catch.h"

#include "core/base/lastresort.h"

using namespace pgtscope::core;

namespace {

/// The status and what was said.
std::pair<int, std::string> run(const std::function<int()>& work)
{
    std::ostringstream said;
    std::streambuf* const before = std::cerr.rdbuf(said.rdbuf());
    const int status = lastResort("program", work);
    std::cerr.rdbuf(before);
    return {status, said.str()};
}

} // namespace

TEST_CASE("what a program throws is said and ends it with status 2")
{
    CHECK(run([] { return 1; }) == std::pair(1, std::string()));
    CHECK(run([]() -> int { throw std::runtime_error("what"); })
        == std::pair(2, std::string("program: internal error: what\n")));
    CHECK(run([]() -> int { throw std::bad_alloc(); })
        == std::pair(2, std::string("program: out of memory\n")));
    CHECK(run([]() -> int { throw 7; }) == std::pair(2, std::string("program: internal error\n")));
}
