// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/linux/layout.h"
#include "core/linux/recognition.h"
#include "tests/core/ruleguest.h"

using namespace pgtscope::tests;

namespace {

std::string names(const std::vector<LinearRegion>& regions)
{
    std::string text;
    for (const LinearRegion& region : regions)
        text += region.name + ' ' + hexText(region.range.begin.value) + ".." + hexText(region.range.end.value)
            + '\n';
    return text;
}

} // namespace

TEST_CASE("What is not known to be Linux has the canonical halves, and what its symbols name")
{
    Guest guest(PagingMode::Level4);
    const auto snapshot = guest.capture();
    CHECK(names(plainLinearRegions(*snapshot, nullptr))
        == "lower_half 0x0..0x800000000000\nupper_half 0xffff800000000000..0x0\n");
    const SymbolTable own({{LinearAddress(0xffffffff80000000), "_start", 'T'},
        {LinearAddress(0xffffffff80200000), "_end", 'B'}});
    CHECK_FALSE(areLinux(own));
    CHECK(names(plainLinearRegions(*snapshot, &own))
        == "lower_half 0x0..0x800000000000\nupper_half 0xffff800000000000..0xffffffff80000000\n"
           "kernel 0xffffffff80000000..0xffffffff80200000\nupper_half 0xffffffff80200000..0x0\n");
    CHECK(areLinux(SymbolTable({{LinearAddress(0xffffffff81000000), "x86_64_start_kernel", 'T'}})));
    CHECK_FALSE(areLinux({}));
    Guest small(PagingMode::Bits32);
    CHECK(names(plainLinearRegions(*small.capture(), nullptr)) == "linear 0x0..0x100000000\n");
    Guest off(PagingMode::Off);
    CHECK(plainLinearRegions(*off.capture(), nullptr).empty());
}

TEST_CASE("Xen's rule says nothing of what is neither under Xen nor Linux")
{
    RuleGuest guest;
    guest.map(1, rw);
    guest.buffer = {};
    CHECK(check(guest.context(), "xen-ro").answer() == RuleAnswer::Findings);
    guest.linearRegions = plainLinearRegions(*guest.capture(), nullptr);
    CHECK(check(guest.context(), "xen-ro").answer() == RuleAnswer::NotApplicable);
    guest.buffer.enforced = true;
    CHECK(check(guest.context(), "xen-ro").answer() == RuleAnswer::Findings);
}

TEST_CASE("User mode's rule says nothing of 32-bit addresses whose kernel is unknown")
{
    Guest guest(PagingMode::Bits32);
    guest.set(0x1000, 0x3ff, 0x400000 | rwu | bit::ps);
    const auto answer = [&] { return check(RuleContext(guest.capture()), "user-kernel").answer(); };
    CHECK(answer() == RuleAnswer::Findings);
    guest.linearRegions = plainLinearRegions(*guest.capture(), nullptr);
    CHECK(answer() == RuleAnswer::NotApplicable);
}
