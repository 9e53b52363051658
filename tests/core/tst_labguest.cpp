// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/linux/labguest.h"
#include "tablebuilder.h"

using namespace pgtscope::tests;

namespace {

constexpr PhysicalAddress types{0x40000};

std::uint64_t typeInfo(unsigned type, std::uint64_t uses, bool pinned = false)
{
    return std::uint64_t{type} << 61 | std::uint64_t{pinned} << 59 | 1ULL << 58 | uses;
}

struct Checker : Guest {
    Checker()
        : Guest(PagingMode::Level4)
    {
        set(types.value, 5, typeInfo(4, 2));
        set(types.value, 6, typeInfo(7, 3)); // writable
        set(types.value, 7, typeInfo(1, 1, true));
        set(types.value, 8, typeInfo(2, 0)); // a type that has lost its last use
    }
    CheckerTypes read(std::vector<FrameNumber> frames, PhysicalAddress at = types, std::uint64_t count = 512)
    {
        return lab::readCheckerTypes(memory, at, count, std::move(frames)).value();
    }
};

} // namespace

TEST_CASE("the checker's books are read for the frames that are asked for")
{
    Checker guest;
    const CheckerTypes read = guest.read(
        {FrameNumber(8), FrameNumber(7), FrameNumber(5), FrameNumber(6), FrameNumber(7), FrameNumber(100)});
    CHECK(read.known);
    REQUIRE(read.tables.size() == 2);
    CHECK(read.tables[0] == XenTable{FrameNumber(5), XenFrameType::L4, false, 2});
    CHECK(read.tables[1] == XenTable{FrameNumber(7), XenFrameType::L1, true, 1});
}

TEST_CASE("frames beyond those that the checker knows are no tables of the guest")
{
    Checker guest;
    const CheckerTypes read = guest.read({FrameNumber(5), FrameNumber(7)}, types, 7);
    CHECK(read.known);
    CHECK(read.tables.size() == 1);
    CHECK(guest.read({}).known);
}

TEST_CASE("where the books cannot be read nothing is known")
{
    Checker guest;
    const CheckerTypes read = guest.read({FrameNumber(5)}, PhysicalAddress(0x7fff'ffff'f000));
    CHECK_FALSE(read.known);
    CHECK(read.tables.empty());
    CHECK_FALSE(guest.read({FrameNumber(5)}, PhysicalAddress(~0ULL - 15)).known);
}
