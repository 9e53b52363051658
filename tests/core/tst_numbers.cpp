// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <limits>

#include "core/base/numbers.h"

using namespace pgtscope::core;

TEST_CASE("Sizes are printed in the largest unit that divides them")
{
    CHECK(sizeText(0) == "0B");
    CHECK(sizeText(1023) == "1023B");
    CHECK(sizeText(4096) == "4K");
    CHECK(sizeText(1536ULL << 10) == "1536K");
    CHECK(sizeText(2ULL << 20) == "2M");
    CHECK(sizeText(1ULL << 63) == "8E");
}

TEST_CASE("Groups of three digits and hexadecimal with leading zeros")
{
    CHECK(groupedText(0) == "0");
    CHECK(groupedText(999) == "999");
    CHECK(groupedText(1000) == "1,000");
    CHECK(groupedText(68'719'476'736) == "68,719,476,736");
    CHECK(countText(0, "page") == "0 pages");
    CHECK(countText(1, "table entry") == "1 table entry");
    CHECK(countText(1024, "table entry") == "1,024 table entries");
    CHECK(countText(2, "day") == "2 days");
    CHECK(countText(2, "address") == "2 addresses");
    CHECK(hexText(0) == "0x0");
    CHECK(hexText(0xabc, 8) == "0x00000abc");
    CHECK(hexText(std::numeric_limits<std::uint64_t>::max(), 4) == "0xffffffffffffffff");
}

TEST_CASE("Numbers: decimal, hexadecimal, nothing around them")
{
    CHECK(parseNumber("0") == 0U);
    CHECK(parseNumber("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
    CHECK(parseNumber("0xFFFFFFFFFFFFFFFF") == std::numeric_limits<std::uint64_t>::max());
    for (const char* bad : {"", "0x", "-1", "+1", " 1", "1 ", "1.5", "0x1g", "ff", "4K", "0x-1"})
        CHECK_FALSE(parseNumber(bad));
    CHECK(parseNumber("18446744073709551616").error().happened == "it does not fit in 64 bits");
}

TEST_CASE("Sizes: a number and an optional unit")
{
    CHECK(parseSize("4096") == 4096U);
    CHECK(parseSize("4K") == 4096U);
    CHECK(parseSize("4k") == 4096U);
    CHECK(parseSize("512M") == 512ULL << 20);
    CHECK(parseSize("2GiB") == 2ULL << 30);
    CHECK(parseSize("2GB") == 2ULL << 30);
    CHECK(parseSize("64B") == 64U);
    CHECK(parseSize("0x10K") == 16384U);
    // In hexadecimal a B is a digit.
    CHECK(parseSize("0x1B") == 27U);
    CHECK(parseSize("1T") == 1ULL << 40);
    CHECK(parseSize("15E") == 15ULL << 60);
    for (const char* bad : {"", "K", "4X", "4KK", "4 K", "4iB", "4BB", "-4K"})
        CHECK_FALSE(parseSize(bad));
    CHECK(parseSize("16E").error().happened == "it does not fit in 64 bits");
    CHECK(parseSize("99999999999999999999K").error().happened == "it does not fit in 64 bits");
}
