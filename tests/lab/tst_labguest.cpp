// SPDX-License-Identifier: GPL-2.0-or-later
// The lab guest by its own account: what each scenario says on the serial line.
#include "tests/support/catch.h"

#include "tests/support/labrunner.h"

using pgtscope::tests::LabRunner;

namespace {

constexpr const char* doneLine = "LAB: done\n";
constexpr const char* haltedLine = "(LAB) machine halted\n";
constexpr const char* bufferStart = "pgt_buf_start ";
constexpr const char* bufferTop = "pgt_buf_top ";
constexpr unsigned long gibFrames = 1UL << 18;
constexpr unsigned long mappedFrames = (32UL << 20) >> 12; // what the direct map covers before it is extended

void requireLine(LabRunner& guest, const std::string& line)
{
    const bool seen = guest.waitFor(line);
    INFO(guest.log());
    REQUIRE(seen);
}

void requireNoComplaint(LabRunner& guest)
{
    INFO(guest.log());
    CHECK_FALSE(guest.logHas("Bad type"));
    CHECK_FALSE(guest.logHas("BUG"));
    CHECK_FALSE(guest.logHas("panic"));
}

} // namespace

TEST_CASE("A native boot ends well although every table is writable")
{
    LabRunner guest({"scenario=native"});
    requireLine(guest, doneLine);
    requireNoComplaint(guest);
    CHECK(guest.logHas("hypervisor=off"));
    CHECK(guest.numberAfter(bufferStart) > gibFrames);
}

TEST_CASE("With the top rule the checker finds nothing to refuse, and the spare pages come back writable")
{
    LabRunner guest({"scenario=top-rule"});
    requireLine(guest, doneLine);
    requireNoComplaint(guest);
    CHECK(guest.logHas("(LAB) checker refuses"));
    CHECK(guest.logHas("xen: setting RW the range"));
    CHECK(guest.logHas("returned pages written: 17\n"));
}

TEST_CASE(
    "With the end rule and the buffer high the boot dies late, through a table that CR3 does not lead to")
{
    LabRunner guest({"scenario=end-rule-high"});
    requireLine(guest, haltedLine);
    INFO(guest.log());
    CHECK(guest.logHas("kernel BUG at xen.c:"));
    CHECK(guest.logHas(" in pin_pagetable_pfn\n"));
    CHECK(guest.logHas("Bad type (saw e400000000000001 != exp 2000000000000000)"));

    // Late: the second range was already under way, and the low half of memory had its tables.
    const unsigned long refused = guest.numberAfter("exp 2000000000000000) for mfn ");
    CHECK(guest.logHas("kernel_physical_mapping_init 40000000-"));
    CHECK(refused > guest.numberAfter(bufferStart) + 17);
    CHECK(refused < guest.numberAfter(bufferTop));

    // The one writable mapping was made by the table allocated just before, which hangs below nothing yet.
    CHECK(guest.numberAfter("is writable through L1 table mfn ") == refused - 1);
    CHECK(guest.logHas("not reachable from CR3"));
    CHECK_FALSE(guest.logHas(", reachable from CR3"));
}

TEST_CASE("With the end rule and the buffer low, in mapped memory, nothing is refused")
{
    LabRunner guest({"scenario=end-rule-low"});
    requireLine(guest, doneLine);
    requireNoComplaint(guest);
    CHECK(guest.logHas("(LAB) checker refuses"));
    CHECK(guest.numberAfter(bufferTop) <= mappedFrames);
}

TEST_CASE("The end rule dies only where all three conditions meet")
{
    SECTION("a buffer at the very end of memory survives: no later table is taken from what was mapped")
    {
        LabRunner guest({"scenario=end-rule-high pgt_buf=top"});
        requireLine(guest, doneLine);
        requireNoComplaint(guest);
    }
    SECTION("a machine with nothing beyond 1 GiB survives: its page directory exists from the start")
    {
        LabRunner guest({"scenario=end-rule-low", 128});
        requireLine(guest, doneLine);
        requireNoComplaint(guest);
    }
    SECTION("without the hole, at full size, it dies all the same")
    {
        LabRunner guest({"scenario=end-rule-high hole=no"});
        requireLine(guest, haltedLine);
        CHECK(guest.logHas("not reachable from CR3"));
    }
    SECTION("and the top rule boots at full size")
    {
        LabRunner guest({"scenario=top-rule hole=no"});
        requireLine(guest, doneLine);
        requireNoComplaint(guest);
    }
}

TEST_CASE("Without the hand-back a later write to a spare page faults")
{
    LabRunner guest({"scenario=missing-handback"});
    requireLine(guest, "LAB: page fault, error code 3, write to a page whose rights forbid it");
    INFO(guest.log());
    CHECK_FALSE(guest.logHas("setting RW the range"));
    CHECK_FALSE(guest.logHas(doneLine));
    // The first page beyond what became tables: the reserved range's end.
    const std::string start
        = "pagetable_reserve " + QString::number(guest.numberAfter("pagetable_reserve "), 16).toStdString();
    const unsigned long spare = guest.numberAfter(start + "-") + 1;
    CHECK(guest.numberAfter("paging request at ") == 0xffff880000000000UL + spare);
}

TEST_CASE("A wrong early_ioremap slot makes a live table writable")
{
    SECTION("and stays unnoticed on a machine without a checker")
    {
        LabRunner guest({"scenario=ioremap-wrong"});
        requireLine(guest, doneLine);
        CHECK(guest.logHas("early_ioremap slot ffffffffff200000 maps table "));
    }
    SECTION("and is refused at once by the checker")
    {
        LabRunner guest({"scenario=ioremap-wrong hypervisor=on"});
        requireLine(guest, haltedLine);
        CHECK(guest.logHas(" in xen_set_pte_init\n"));
        CHECK(guest.logHas("!= exp e000000000000000)"));
    }
}

TEST_CASE("A detached table can hold the only writable mapping of a later table")
{
    SECTION("which nobody notices without a checker")
    {
        LabRunner guest({"scenario=detached"});
        requireLine(guest, doneLine);
        requireNoComplaint(guest);
        CHECK(guest.numberAfter("maps table ") == guest.numberAfter("LAB: detached table ") + 1);
    }
    SECTION("which the checker refuses")
    {
        LabRunner guest({"scenario=detached hypervisor=on"});
        requireLine(guest, haltedLine);
        CHECK(guest.logHas("not reachable from CR3"));
    }
}

TEST_CASE("A second epoch forgets the buffer of the first")
{
    SECTION("which is harmless where the first one's tables are mapped already")
    {
        LabRunner guest({"scenario=end-rule-low epochs=2"});
        requireLine(guest, doneLine);
        requireNoComplaint(guest);
    }
    SECTION("and fatal where the second epoch maps them, even with the top rule")
    {
        LabRunner guest({"scenario=top-rule epochs=2"});
        requireLine(guest, haltedLine);
        CHECK(guest.logHas("saw 2c00000000000002 != exp e000000000000000"));
    }
}

TEST_CASE("No rule at all is refused at the first slot")
{
    LabRunner guest({"scenario=top-rule mask_rw=none"});
    requireLine(guest, haltedLine);
    CHECK_FALSE(guest.logHas("kernel_physical_mapping_init 40000000-"));
}

TEST_CASE("The variables of the buffer are garbage after free_initmem")
{
    LabRunner guest({"scenario=native"});
    requireLine(guest, "free_initmem: pgt_buf_start is now cccccccccccccccc\n");
}

TEST_CASE("Every exercise is planted and the guest lives on")
{
    const int number = GENERATE(1, 2, 3, 4, 5, 6);
    LabRunner guest({QString("scenario=exercise-%1").arg(number)});
    requireLine(guest, doneLine);
    requireNoComplaint(guest);
    CHECK(guest.logHas("LAB: exercise " + std::to_string(number) + " planted\n"));
}

TEST_CASE("The planted faults are faults for the processor and for the checker")
{
    SECTION("a reserved bit")
    {
        LabRunner guest({"scenario=exercise-3 touch=yes"});
        requireLine(guest, "read of a page whose entry has a reserved bit set");
    }
    SECTION("a writable alias of a table")
    {
        LabRunner guest({"scenario=exercise-5 hypervisor=on"});
        requireLine(guest, haltedLine);
        CHECK(guest.logHas("!= exp e000000000000000)"));
    }
}

TEST_CASE("Generated tables are loaded and the guest keeps running on them")
{
    SECTION("leaves, as many as asked for")
    {
        LabRunner guest({"generate=leaves count=4096"});
        requireLine(guest, "LAB: generated root ");
        CHECK(guest.logHas("LAB: generated 4096 leaves\n"));
    }
    SECTION("leaves, the largest number")
    {
        LabRunner guest({"generate=leaves count=99999999"});
        requireLine(guest, "LAB: generated root ");
        CHECK(guest.logHas("LAB: generated 1048576 leaves\n"));
    }
    SECTION("hostile shapes")
    {
        const QString shape = GENERATE("alias", "alias count=3", "selfref", "cycle");
        LabRunner guest({"generate=" + shape, 128});
        requireLine(guest, "LAB: generated root ");
        CHECK_FALSE(guest.logHas("exception"));
    }
}

TEST_CASE("What cannot be done is said")
{
    SECTION("an option that is not understood")
    {
        LabRunner guest({"scenario=native pgt_buf=sideways"});
        requireLine(guest, "LAB: option not understood: pgt_buf=sideways\n");
    }
    SECTION("an unknown scenario")
    {
        LabRunner guest({"scenario=nothing"});
        requireLine(guest, "LAB: option not understood: scenario=nothing\n");
    }
    SECTION("a high buffer without high memory")
    {
        LabRunner guest({"scenario=top-rule", 256});
        requireLine(guest, "LAB: panic: pgt_buf=high needs memory beyond 1 GiB");
    }
}

TEST_CASE("The guest boots on a CPU with every feature too")
{
    LabRunner guest({"scenario=end-rule-high", 1152, "max"});
    requireLine(guest, haltedLine);
    CHECK(guest.logHas("not reachable from CR3"));
}
