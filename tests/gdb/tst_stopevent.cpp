// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "gdb/mi/miparser.h"
#include "gdb/stub/registermap.h"
#include "gdb/stub/stopevent.h"

using namespace pgtscope::gdb;
using Reason = StopEvent::Reason;

namespace {

MiRecord record(std::string_view line)
{
    auto parsed = parseMiLine(line);
    REQUIRE(parsed);
    return *parsed;
}

StopEvent stop(std::string_view line) { return stopEventOf(record(line)); }

} // namespace

TEST_CASE("A breakpoint is told with its number, place and thread")
{
    const auto line
        = R"(*stopped,reason="breakpoint-hit",disp="keep",bkptno="3",frame={addr="0xffffffff81000000",)"
          R"(func="??",args=[],arch="i386:x86-64"},thread-id="2",stopped-threads="all")";
    const StopEvent event = stop(line);
    CHECK(event.reason == Reason::Breakpoint);
    CHECK(event.number == 3U);
    CHECK(event.rip.value == 0xffffffff81000000ULL);
    CHECK(threadOfStop(record(line)) == 2U);
}

TEST_CASE("Watchpoints are told with what they saw")
{
    const StopEvent write = stop(R"(*stopped,reason="watchpoint-trigger",wpt={number="2",exp="x"},)"
                                 R"(value={old="17409",new="17410"},frame={addr="0x10"})");
    CHECK(write.reason == Reason::Watchpoint);
    CHECK(write.number == 2U);
    CHECK(write.oldValue == 17409U);
    CHECK(write.newValue == 17410U);

    const StopEvent read = stop(R"(*stopped,reason="read-watchpoint-trigger",hw-rwpt={number="4",exp="x"},)"
                                R"(value={value="7"},frame={addr="0x10"})");
    CHECK(read.reason == Reason::Watchpoint);
    CHECK(read.number == 4U);
    CHECK_FALSE(read.oldValue);
    CHECK(read.newValue == 7U);

    const StopEvent access
        = stop(R"(*stopped,reason="access-watchpoint-trigger",hw-awpt={number="5",exp="x"},)"
               R"(value={old="65 'A'",new="66 'B'"})");
    CHECK(access.number == 5U);
    CHECK(access.oldValue == 65U);
    CHECK(access.newValue == 66U);
}

TEST_CASE("Steps, interrupts and signals are told apart")
{
    CHECK(stop(R"(*stopped,reason="end-stepping-range",frame={addr="0x1"})").reason == Reason::Step);
    CHECK(stop(R"(*stopped,reason="signal-received",signal-name="SIGINT")").reason == Reason::Interrupted);
    const StopEvent trap = stop(R"(*stopped,reason="signal-received",signal-name="SIGTRAP")");
    CHECK(trap.reason == Reason::Signal);
    CHECK(trap.detail == "SIGTRAP");
    CHECK(stop("*stopped").reason == Reason::Signal);
}

TEST_CASE("Numbers that make no sense are left out")
{
    const StopEvent event = stop(R"(*stopped,reason="breakpoint-hit",bkptno="99999999999",frame=[])");
    CHECK(event.reason == Reason::Breakpoint);
    CHECK_FALSE(event.number);
    CHECK_FALSE(threadOfStop(record(R"(*stopped,thread-id="all")")));
}

TEST_CASE("Registers are found by name, wherever the stub puts them")
{
    const auto names = record(
        R"(^done,register-names=["rax","efer","cr4","cr3","","cr2","cr0","cs","eflags","rsp","rip"])");
    const auto map = RegisterMap::fromNames(names.results);
    REQUIRE(map);
    CHECK(map->command(2) == "-data-list-register-values --thread 2 x 10 9 8 7 6 5 3 2 1");
    const auto state
        = map->state(record(R"(^done,register-values=[{number="1",value="0xd01"},)"
                            R"({number="2",value="0x6f0"},{number="3",value="0x2a0a000"},)"
                            R"({number="5",value="0x0"},{number="6",value="0x80050033"},)"
                            R"({number="7",value="0x33"},{number="8",value="0x246"},)"
                            R"({number="9",value="0xffffffff82803e80"},{number="10",value="0x7fff"}])")
                         .results);
    REQUIRE(state);
    CHECK(state->control == pgtscope::core::ControlRegisters{0x80050033, 0, 0x2a0a000, 0x6f0, 0xd01});
    CHECK(state->rip.value == 0x7fffU);
    CHECK(state->rsp.value == 0xffffffff82803e80U);
    CHECK(state->rflags == 0x246U);
    CHECK(state->cpl() == 3);
}

TEST_CASE("A stub without control registers, and a register without a value, are errors")
{
    const auto none = RegisterMap::fromNames(record(R"(^done,register-names=["rax","rip"])").results);
    REQUIRE_FALSE(none);
    CHECK_FALSE(none.error().advice.empty());
    CHECK_FALSE(RegisterMap::fromNames(record("^done").results));
    const auto map = RegisterMap::fromNames(
        record(R"(^done,register-names=["rip","rsp","eflags","cs","cr0","cr2","cr3","cr4","efer"])").results);
    REQUIRE(map);
    CHECK_FALSE(map->state(record(R"(^done,register-values=[{number="0",value="<unavailable>"}])").results));
    CHECK_FALSE(map->state(record("^done").results));
}
