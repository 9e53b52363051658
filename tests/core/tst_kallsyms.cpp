// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <cstring>

#include "tests/core/kallsymsencoder.h"

using namespace pgtscope::core;
using pgtscope::tests::KallsymsEncoder;
using pgtscope::tests::KallsymsShape;
using pgtscope::tests::kernelLikeSymbols;

namespace {

constexpr auto plain = KallsymsAddresses::Plain;
constexpr auto relative = KallsymsAddresses::Relative;
constexpr auto perCpu = KallsymsAddresses::AbsolutePerCpu;

std::string printed(const std::vector<Symbol>& symbols)
{
    std::string text;
    for (const Symbol& symbol : symbols) {
        text += std::to_string(symbol.address.value) + ' ' + symbol.type + ' ' + symbol.name + '\n';
    }
    return text;
}

void checkRoundTrip(const KallsymsShape& shape, std::size_t count)
{
    const auto symbols = kernelLikeSymbols(count, shape.pointerBytes);
    const auto image = KallsymsEncoder(shape).image(symbols);
    for (const unsigned reported : {shape.pointerBytes, 0U}) {
        const auto decoded = decodeKallsyms(image, reported);
        REQUIRE(decoded);
        CHECK(printed(decoded->symbols) == printed(symbols));
        CHECK(decoded->form == shape.form);
        CHECK(decoded->addressesLast == shape.addressesLast);
        CHECK(decoded->pointerBytes == shape.pointerBytes);
    }
}

std::vector<std::byte> exampleImage()
{
    return KallsymsEncoder({8, perCpu, false, true, 4}).image(kernelLikeSymbols(2000, 8));
}

} // namespace

TEST_CASE("Every layout that kernels have had is decoded")
{
    const KallsymsShape shape = GENERATE(values<KallsymsShape>({
        {8, perCpu, false, false, 4}, // 5.10 x86-64
        {8, perCpu, false, true, 4}, // 6.2, 6.3 and stable kernels with the backport
        {8, perCpu, true, true, 4}, // 6.4 to 6.12
        {4, relative, false, false, 4}, // 5.10 i386
        {4, relative, false, true, 4},
        {4, relative, true, true, 4},
        {8, relative, false, false, 4},
        {8, relative, true, true, 4},
        {8, plain, false, false, 8}, // before 4.6
        {8, plain, true, true, 4},
        {4, plain, false, false, 4},
        {4, plain, true, false, 4},
    }));
    CAPTURE(
        shape.pointerBytes, nameOf(shape.form), shape.addressesLast, shape.seqsOfNames, shape.markerBytes);
    // Counts on and around a full group of 256, and such that the paddings differ.
    const std::size_t count = GENERATE(769U, 1024U, 1025U, 3001U, 20002U);
    CAPTURE(count);
    if (shape.form == relative && shape.pointerBytes == 8) {
        // Without absolute per-CPU symbols there are none at 0, so the base is the first text symbol.
        const auto all = kernelLikeSymbols(count + 40, 8);
        const std::vector<Symbol> symbols(all.begin() + 40, all.end());
        const auto decoded = decodeKallsyms(KallsymsEncoder(shape).image(symbols));
        REQUIRE(decoded);
        CHECK(printed(decoded->symbols) == printed(symbols));
        CHECK(decoded->form == relative);
    } else {
        checkRoundTrip(shape, count);
    }
}

TEST_CASE("Addresses relative to their own place are decoded where the place is known, and refused elsewhere")
{
    const unsigned pointerBytes = GENERATE(8U, 4U);
    // Counts for which tables that are aligned to 4 bytes begin on multiples of 8 and between them.
    const std::size_t count = GENERATE(1000U, 1025U, 1026U, 3001U, 3002U, 20002U);
    CAPTURE(pointerBytes, count);
    const auto all = kernelLikeSymbols(count + 40, pointerBytes);
    const std::vector<Symbol> symbols(all.begin() + 40, all.end());
    const KallsymsShape shape = KallsymsShape::placeRelative(pointerBytes);
    const auto image = KallsymsEncoder(shape).image(symbols, 4100);
    const auto linked
        = [&](std::uint64_t offset) { return std::optional(LinearAddress(shape.link + offset)); };
    const auto decoded = decodeKallsyms(image, pointerBytes, linked);
    REQUIRE(decoded);
    CHECK(printed(decoded->symbols) == printed(symbols));
    CHECK(decoded->form == KallsymsAddresses::PlaceRelative);

    const auto raw = decodeKallsyms(image, pointerBytes);
    REQUIRE_FALSE(raw);
    CHECK(raw.error().happened.find("which raw bytes do not say") != std::string::npos);
}

TEST_CASE("Negative offsets count down from the base, others are the value itself")
{
    auto symbols = kernelLikeSymbols(1000, 8);
    const auto decoded = decodeKallsyms(KallsymsEncoder({8, perCpu, false, false, 4}).image(symbols));
    REQUIRE(decoded);
    CHECK(decoded->symbols[3].address == LinearAddress(3 * 64));
    CHECK(decoded->symbols[40].name == "_text");
    CHECK(decoded->symbols[40].address == LinearAddress(0xffffffff81000000));
}

TEST_CASE("A name of more than 127 tokens has a two-byte length")
{
    const auto decoded = decodeKallsyms(exampleImage());
    REQUIRE(decoded);
    CHECK(decoded->symbols[700].name == "do_work.700" + std::string(150, 'x'));
}

TEST_CASE("A pointer size that does not fit the tables finds nothing")
{
    CHECK_FALSE(decodeKallsyms(exampleImage(), 4));
}

TEST_CASE("An image without tables gives an error that says so")
{
    const auto empty = decodeKallsyms({});
    REQUIRE_FALSE(empty);
    CHECK(empty.error().happened.find("no token table") != std::string::npos);

    const std::vector<std::byte> zeros(1 << 20);
    CHECK_FALSE(decodeKallsyms(zeros));
}

TEST_CASE("Tokens whose names are gone give another error")
{
    auto image = exampleImage();
    const auto length = static_cast<std::ptrdiff_t>(image.size());
    // The first half holds addresses, names and their count; the tokens are in the last quarter.
    std::fill(image.begin(), image.begin() + length / 2, std::byte{0});
    const auto decoded = decodeKallsyms(image);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().happened.find("no names that match") != std::string::npos);
}

TEST_CASE("A token table without names around it is passed over")
{
    // The tables of this form end in the tokens, so the last quarter has these but not the names.
    const auto whole = exampleImage();
    auto image = std::vector<std::byte>(
        whole.begin() + static_cast<std::ptrdiff_t>(whole.size() * 3 / 4 / 8 * 8), whole.end());
    const auto alone = decodeKallsyms(image);
    REQUIRE_FALSE(alone);
    CHECK(alone.error().happened.find("no names that match") != std::string::npos);

    const auto symbols = kernelLikeSymbols(1500, 8);
    const auto real = KallsymsEncoder({8, perCpu, true, true, 4}).image(symbols);
    image.insert(image.end(), real.begin(), real.end());
    const auto decoded = decodeKallsyms(image);
    REQUIRE(decoded);
    CHECK(printed(decoded->symbols) == printed(symbols));
}

TEST_CASE("Addresses that do not ascend are refused")
{
    auto symbols = kernelLikeSymbols(1000, 8);
    std::swap(symbols[500].address, symbols[900].address);
    CHECK_FALSE(decodeKallsyms(KallsymsEncoder({8, perCpu, false, false, 4}).image(symbols)));
}

TEST_CASE("An image cut anywhere is decoded or refused")
{
    KallsymsEncoder encoder({8, perCpu, true, false, 4});
    const auto symbols = kernelLikeSymbols(1200, 8);
    const auto image = encoder.image(symbols, 512);
    for (std::size_t length = 0; length < image.size(); length += 97) {
        const auto decoded = decodeKallsyms(std::span(image).first(length));
        CAPTURE(length);
        CHECK(decoded.has_value() == (length >= encoder.tablesEnd));
    }
}

TEST_CASE("Damaged bytes never lead outside the image")
{
    const auto image = exampleImage();
    std::mt19937 random(20120824);
    std::size_t decodedCount = 0;
    for (int round = 0; round < 1500; ++round) {
        auto damaged = image;
        const auto changes = 1 + random() % 8;
        for (unsigned i = 0; i < changes; ++i) {
            damaged[random() % damaged.size()] = static_cast<std::byte>(random());
        }
        const auto decoded = decodeKallsyms(damaged);
        if (decoded) {
            ++decodedCount;
            CHECK(decoded->symbols.size() <= 2000);
        }
    }
    // Both outcomes must occur, or the damage missed the tables altogether.
    CHECK(decodedCount > 0);
    CHECK(decodedCount < 1500);
}

TEST_CASE("Damaged counts, markers and index entries are refused or harmless")
{
    const auto image = exampleImage();
    const std::array<std::uint32_t, 5> evil{0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
    for (std::size_t at = 0; at + 4 <= image.size(); at += 4 * 61) {
        for (const std::uint32_t value : evil) {
            auto damaged = image;
            std::memcpy(damaged.data() + at, &value, sizeof value);
            const auto decoded = decodeKallsyms(damaged);
            CHECK((!decoded || decoded->symbols.size() == 2000));
        }
    }
}
