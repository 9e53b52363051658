// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "gdb/relive/instructionback.h"

using namespace pgtscope;

TEST_CASE("The first register in which two places differ is named with both values")
{
    const std::string place = "CPU#0\r\nRAX=0000000000000001 RBX=2\r\nRIP=10 RFL=2 [-------] CPL=0";
    CHECK(gdb::registerDifference(place, place).empty());
    CHECK(gdb::registerDifference(place, "CPU#0\nRAX=0000000000000001 RBX=3\nRIP=11 RFL=2 [-------] CPL=0")
        == "RBX=2 against RBX=3");
    CHECK(gdb::registerDifference(place, "CPU#0") == "RAX=0000000000000001 against ");
}

TEST_CASE("Only a deterministic guest of one CPU under TCG goes back by an instruction")
{
    gdb::LaunchSpec spec;
    spec.deterministic = true;
    CHECK(gdb::canGoBackByInstruction(spec));
    SECTION("its clock and its random numbers are the host's")
    {
        spec.deterministic = false;
        CHECK(gdb::canGoBackByInstruction(spec).error().advice == "record the boot with --deterministic");
    }
    SECTION("it has two CPUs")
    {
        spec.smp = 2;
        CHECK_FALSE(gdb::canGoBackByInstruction(spec));
    }
    SECTION("it runs under KVM")
    {
        spec.accelerator = gdb::Accelerator::Kvm;
        CHECK_FALSE(gdb::canGoBackByInstruction(spec));
    }
}
