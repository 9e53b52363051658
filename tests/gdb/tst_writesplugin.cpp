// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <string>

#include "gdb/host/childprocess.h"
#include "gdb/tcgplugin/callers.h"
#include "gdb/writes/writesplugin.h"
#include "testpaths.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace pgtscope::writes;

namespace {

constexpr Setter setter{0x2000, 0x2010, 0};
constexpr Setter inner{0x3000, 0x3010, 0};

} // namespace

TEST_CASE("each build of the plugin is loaded by a QEMU of its version, and reports who called a setter")
{
    const std::string build = GENERATE("1", "1_physical", "2", "3", "4", "5", "6", "7");
    INFO("build " << build);
    const test::TemporaryDirectory directory;
    const std::string number = build.substr(0, 1);
    const unsigned api = static_cast<unsigned>(number.front() - '0');
    const auto ran = gdb::runChild({std::string(test::buildDirectory) + "/pluginhost" + number,
                                       {std::string(test::pluginDirectory) + "/pgtwrites_api" + build + ".so",
                                           (directory / "ring").string()},
                                       {}, {}, {}},
        gdb::WaitLimit::after(std::chrono::seconds(60)));
    REQUIRE(ran);
    INFO(ran->errors);
    CHECK(ran->exitStatus == 0);
    // A page that is a table, then its stores. The stack is read from version 4 on, exceptions are seen from
    // 6 on.
    const std::string unseen = api >= 4 ? "ffffffff81005004" : "0";
    const std::string exception = api >= 6 ? "ffffffff81003020" : "0";
    CHECK(ran->output
        == "1 1000 0 0 0\n"
           "3 1000 8063 ffffffff81003000 0\n"
           "3 1008 9063 ffffffff81002000 ffffffff81001000\n"
           "3 1010 a063 ffffffff81002000 ffffffff81004000\n"
           "3 1018 b063 ffffffff81002000 "
            + unseen
            + "\n3 1020 c063 ffff82d040001000 ffffffff81001010\n"
              "3 1028 d063 ffff82d040001000 0\n"
              "3 1030 e063 ffff82d040001000 "
            + exception
            + "\n3 1038 f063 ffff82d040001000 ffffffff81001000\n"
              "1 5000 0 0 0\n"
              "2 5008 10000000001063 ffffffff81002000 ffffffff81001000\n"
              "2 5010 2063 ffff82d040001000 ffffffff81001010\n"
              "3 1040 3063 ffffffff81003000 0\n");
}

TEST_CASE("a plugin for another version of the interface is refused by its host")
{
    const test::TemporaryDirectory directory;
    const auto ran = gdb::runChild(
        {std::string(test::buildDirectory) + "/pluginhost1",
            {std::string(test::pluginDirectory) + "/pgtwrites_api7.so", (directory / "ring").string()}, {},
            {}, {}},
        gdb::WaitLimit::after(std::chrono::seconds(60)));
    REQUIRE(ran);
    CHECK(ran->exitStatus == 1);
}

TEST_CASE("QEMU 8.2 has the interface of 7.2, and a build of its own")
{
    CHECK(gdb::pluginBuild(1, {7, 2}) == "pgtwrites_api1.so");
    CHECK(gdb::pluginBuild(1, {8, 1}) == "pgtwrites_api1.so");
    CHECK(gdb::pluginBuild(1, {8, 2}) == "pgtwrites_api1_physical.so");
    CHECK(gdb::pluginBuild(4, {10, 0}) == "pgtwrites_api4.so");
    CHECK(gdb::qemuVersionIn("QEMU emulator version 8.2.2 (Debian 1:8.2.2+ds-0ubuntu1)")
        == gdb::QemuVersion{8, 2});
    CHECK(gdb::qemuVersionIn("QEMU emulator version 10.0.7") == gdb::QemuVersion{10, 0});
    CHECK_FALSE(gdb::qemuVersionIn("QEMU emulator version soon"));
    CHECK_FALSE(gdb::qemuVersionIn("GNU gdb 13.1"));
}

TEST_CASE("which plugin interface a QEMU has is read from its refusal of the probe")
{
    CHECK(gdb::pluginApiIn(
              "qemu-system-x86_64: Could not load plugin /x/pgtwrites_probe.so: plugin requires API "
              "version 1000000, but this QEMU supports only up to version 4\n")
        == 4U);
    CHECK(gdb::pluginApiIn(
              "warning: something else\nTCG plugin p.so requires API version 1000000, but this QEMU "
              "supports only up to version 1")
        == 1U);
    CHECK_FALSE(gdb::pluginApiIn("qemu-system-x86_64: -plugin: invalid option"));
    CHECK_FALSE(gdb::pluginApiIn("supports only up to version x"));
    CHECK_FALSE(gdb::pluginApiIn("supports only up to version 0"));
    CHECK_FALSE(gdb::pluginApiIn(""));
}

TEST_CASE("the caller of a setter is who called or jumped to it, as far as that was seen")
{
    Callers callers;
    callers.transfer(0x1000, setter.begin);
    callers.enter(setter, 0, false);
    CHECK(callers.caller() == 0x1000);

    SECTION("a call that was not seen leaves it unknown")
    {
        callers.enter(setter, 0, false);
        CHECK(callers.caller() == 0);
    }
    SECTION("a jump that was not taken is none")
    {
        callers.transfer(0x1100, inner.begin);
        callers.enter(setter, 0, false);
        CHECK(callers.caller() == 0);
    }
    SECTION("a call through a register says nothing of its destination")
    {
        callers.transfer(0x1100, 0);
        callers.transferUnknown();
        callers.enter(setter, 0, false);
        CHECK(callers.caller() == 0);
    }
    SECTION("a setter that calls another keeps its caller")
    {
        callers.transferWithin(inner.begin);
        callers.enter(inner, 0x2005, true);
        CHECK(callers.caller() == 0x1000);
        callers.transferWithin(0);
        callers.enter(inner, 0, false);
        CHECK(callers.caller() == 0x1000);
    }
    SECTION("the stack decides where no code says it")
    {
        callers.transfer(0x1100, 0);
        callers.enter(setter, 0x4005, false);
        CHECK(callers.caller() == 0x4004);
    }
    SECTION("code that jumps to it at its end is its caller, not what the stack returns to")
    {
        callers.transfer(0x1200, setter.begin);
        callers.enter(setter, 0x4005, false);
        CHECK(callers.caller() == 0x1200);
    }
}
