// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <fstream>

#include "gdb/boot/consoletail.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using gdb::ConsoleTail;

namespace {

/// A console log, and who reads it.
struct Log {
    void print(const std::string& text) const
    {
        std::ofstream(file, std::ios::binary | std::ios::app) << text << std::flush;
    }

    test::TemporaryDirectory directory;
    std::filesystem::path file = directory / "console.log";
    ConsoleTail tail{file};
};

} // namespace

TEST_CASE("What a console has gained is taken once")
{
    Log log;
    CHECK(log.tail.take().empty()); // there is no file yet
    log.print("one\n");
    CHECK(log.tail.take() == "one\n");
    CHECK(log.tail.take().empty());
    log.print("two\n");
    log.print("three\n");
    CHECK(log.tail.take() == "two\nthree\n");
    CHECK(ConsoleTail().take().empty());
}

TEST_CASE("A text is seen wherever it is printed, and stays seen until another one is watched for")
{
    Log log;
    log.print("so far: user");
    log.tail.watchFor("userspace");
    CHECK_FALSE(log.tail.seen());
    SECTION("in two pieces")
    {
        log.print("space\n");
        CHECK(log.tail.seen());
    }
    SECTION("the first of which has been taken")
    {
        CHECK(log.tail.take() == "so far: user");
        log.print("space\n");
        CHECK(log.tail.seen());
    }
    SECTION("and taken before anyone asks")
    {
        log.print("space\n");
        CHECK(log.tail.take() == "so far: userspace\n");
        CHECK(log.tail.seen());
    }
    SECTION("behind more than is read at once")
    {
        log.print(std::string(3U << 20U, 'x') + "userspace");
        bool seen = false;
        for (int look = 0; look < 4 && !seen; ++look)
            seen = log.tail.seen();
        CHECK(seen);
    }
    log.tail.watchFor("userspace");
    CHECK(log.tail.seen());
    log.tail.watchFor("another");
    CHECK_FALSE(log.tail.seen());
    log.tail.watchFor({});
    CHECK_FALSE(log.tail.seen());
}

TEST_CASE("A console that prints without end loses its oldest text, and nothing else")
{
    Log log;
    log.tail.watchFor("never");
    log.print(std::string(1U << 20U, 'a') + std::string(1U << 20U, 'b'));
    for (int look = 0; look < 3; ++look)
        CHECK_FALSE(log.tail.seen());
    CHECK(log.tail.take() == std::string(1U << 20U, 'b'));
    // Nobody watches: what is not read yet is read by the next call.
    log.tail.watchFor({});
    log.print(std::string(1U << 20U, 'c') + "end");
    const std::string first = log.tail.take();
    CHECK(first + log.tail.take() == std::string(1U << 20U, 'c') + "end");
}
