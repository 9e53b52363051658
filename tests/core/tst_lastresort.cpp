// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <new>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

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

TEST_CASE("standard streams that are closed are not given to what is opened next")
{
    const int closed = GENERATE(0, 1, 2, 7);
    const pid_t child = ::fork();
    if (child == 0) {
        for (const int stream : {0, 1, 2})
            if (closed == 7 || closed == stream)
                ::close(stream);
        occupyStandardStreams();
        const bool apart = ::open("/dev/zero", O_RDWR) > 2;
        const bool fails = closed == 0 || ::write(closed == 7 ? 1 : closed, "x", 1) < 0;
        ::_exit(apart && fails ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("what a program throws is said and ends it with status 2")
{
    CHECK(run([] { return 1; }) == std::pair(1, std::string()));
    CHECK(run([]() -> int { throw std::runtime_error("what"); })
        == std::pair(2, std::string("program: internal error: what\n")));
    CHECK(run([]() -> int { throw std::bad_alloc(); })
        == std::pair(2, std::string("program: out of memory\n")));
    CHECK(run([]() -> int { throw 7; }) == std::pair(2, std::string("program: internal error\n")));
}
