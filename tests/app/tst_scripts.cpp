// SPDX-License-Identifier: GPL-2.0-or-later
// What the scripts say before they install or build anything.
#include "tests/support/catch.h"

#include <array>
#include <cstdio>
#include <string>

#include <sys/wait.h>

#include "testpaths.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;

namespace {

struct Ended {
    int status = -1;
    std::string out; ///< And errors.
};

Ended run(const std::string& command)
{
    FILE* pipe = ::popen(
        ("cd '" + std::string(test::projectDirectory) + "' && { " + command + "; } 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    Ended ended;
    std::array<char, 4096> buffer;
    while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
        ended.out.append(buffer.data(), size);
    ended.status = WEXITSTATUS(::pclose(pipe));
    return ended;
}

} // namespace

TEST_CASE("app/run takes no option for a guest's name, and its help installs nothing")
{
    const Ended wrong = run("app/run --append quiet");
    CHECK(wrong.status == 2);
    CHECK(wrong.out
        == "error: '--append' is an option: name a guest before it, as in app/run debian --append quiet\n");
    const Ended help = run("app/run --help");
    CHECK(help.status == 0);
    CHECK(help.out.starts_with("Usage: app/run"));
}

TEST_CASE("a package that only some systems have is asked for where apt knows it")
{
    const Ended asked = run("bash -c 'source app/prepare; apt-cache() { [ \"${*: -1}\" = known ]; }; "
                            "offered known unknown'");
    CHECK(asked.out == "known\n");
}

TEST_CASE("the sources of an unpacked tarball are its files, without what was built")
{
    const test::TemporaryDirectory directory;
    const std::string place = directory.path().string();
    const Ended listed = run("mkdir -p '" + place + "/app' '" + place + "/tests/debian' '" + place
        + "/.build/x' && cp app/prepare '" + place + "/app' && cp tests/debian/root '" + place
        + "/tests/debian' && touch '" + place
        + "/.build/x/made' && bash -c 'cd \"$0\" && source app/prepare && source "
          "tests/debian/root && { is_checkout || echo no checkout; } && source_files | sort -z | tr \"\\0\" "
          "\" \"' '"
        + place + "'");
    CHECK(listed.out == "no checkout\napp/prepare tests/debian/root ");
}
