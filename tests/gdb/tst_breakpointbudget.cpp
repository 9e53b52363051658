// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "gdb/stub/breakpointbudget.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using Numbers = std::vector<unsigned>;

namespace {

std::vector<core::LinearAddress> at(std::uint64_t address) { return {core::LinearAddress(address)}; }

/// Six breakpoints, the lower the number the lower the rank, none of them in a guest that takes four.
BreakpointBudget crowded()
{
    BreakpointBudget budget;
    budget.limitTo(4);
    for (unsigned number = 1; number <= 6; ++number)
        budget.add(number, at(0x1000 * number), number, false);
    return budget;
}

} // namespace

TEST_CASE("without a limit every breakpoint is in the guest, and nothing has to be changed")
{
    BreakpointBudget budget;
    for (unsigned number = 1; number <= 40; ++number)
        budget.add(number, at(0x1000 * number), lastRank, true);
    const auto changes = budget.changes();
    CHECK(changes.on.empty());
    CHECK(changes.off.empty());
    CHECK_FALSE(budget.room());
    CHECK(budget.used() == 40);
}

TEST_CASE("breakpoints in the guest's memory take no slot")
{
    BreakpointBudget budget = crowded();
    for (unsigned number = 10; number < 20; ++number)
        budget.addSoftware(number, at(0x1000 * number));
    CHECK(budget.changes().on == Numbers{1, 2, 3, 4});
    CHECK(budget.enabled(19));
    CHECK(budget.used() == 4);
    CHECK(budget.room() == 4U);
    budget.setWanted(19, false);
    CHECK(budget.changes().off == Numbers{19});
}

TEST_CASE("slots go to the lowest ranks, and move when ranks change")
{
    BreakpointBudget budget = crowded();
    CHECK(budget.changes().on == Numbers{1, 2, 3, 4});
    CHECK(budget.used() == 4);
    budget.setRank(1, 9);
    budget.setRank(6, 1);
    const auto changes = budget.changes();
    CHECK(changes.off == Numbers{1});
    CHECK(changes.on == Numbers{6});
    CHECK(budget.used() == 4);
    budget.remove(6);
    CHECK(budget.changes().on == Numbers{5});
}

TEST_CASE("a watchpoint finds room by what ranks last, and keeps its slot")
{
    BreakpointBudget budget = crowded();
    budget.changes();
    CHECK(budget.changes(1).off == Numbers{4});
    budget.add(7, at(0x1000), askedRank, true, true);
    CHECK(budget.room() == 3U);
    const auto changes = budget.changes();
    CHECK(changes.off.empty());
    CHECK(changes.on.empty());
}

TEST_CASE("breakpoints at one address share a slot; one with two places takes two or none")
{
    BreakpointBudget budget;
    budget.limitTo(3);
    budget.add(1, at(0x1000), 1, false);
    budget.add(2, at(0x1000), 2, false);
    budget.add(3, at(0x2000), 3, false);
    budget.add(4, {core::LinearAddress(0x3000), core::LinearAddress(0x4000)}, 4, false);
    budget.add(5, at(0x5000), 5, false);
    CHECK(budget.changes().on == Numbers{1, 2, 3, 5});
    budget.setWanted(5, false);
    budget.setWanted(3, false);
    const auto changes = budget.changes();
    CHECK(changes.off == Numbers{3, 5});
    CHECK(changes.on == Numbers{4});
}

TEST_CASE("what gdb's user has set takes a slot until it is deleted")
{
    BreakpointBudget budget = crowded();
    budget.changes();
    budget.setForeign(20, true);
    budget.setForeign(2, true); // one of ours, which gdb reports as changed
    CHECK(budget.room() == 3U);
    CHECK(budget.changes().off == Numbers{4});
    budget.setForeign(20, false);
    CHECK(budget.changes().on == Numbers{4});
}
