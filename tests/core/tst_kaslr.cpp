// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "core/symbols/kaslr.h"

using namespace pgtscope::core;

namespace {

const std::string bannerText = "Linux version 6.1.0-56-amd64 (gcc-12) #1 SMP Debian 6.1.192-2 (2026-11-16)\n";

const SlideClues wide{
    LinearAddress(0xffffffff81000000), {LinearAddress(0xffffffff82161900), bannerText}, 8, 0x200000};
const SlideClues narrow{LinearAddress(0xc1000000), {LinearAddress(0xc1a16740), bannerText}, 4, 0x1000000};

/// Linear memory that holds a few texts and, elsewhere in `mapped`, zeros.
struct FakeGuest {
    std::map<std::uint64_t, std::string> texts;
    std::vector<LinearRange> mapped;
    std::vector<LinearAddress> executable;
    bool askedForMappings = false;

    bool read(LinearAddress address, std::span<std::byte> into) const
    {
        std::fill(into.begin(), into.end(), std::byte{0});
        const auto text = texts.find(address.value);
        if (text != texts.end()) {
            std::memcpy(into.data(), text->second.data(), std::min(into.size(), text->second.size()));
            return true;
        }
        return std::any_of(
            mapped.begin(), mapped.end(), [&](const LinearRange& r) { return r.contains(address); });
    }

    SlideAnswer search(const SlideClues& clues)
    {
        return findSlide(
            clues,
            [this] {
                askedForMappings = true;
                return executable;
            },
            [this](LinearAddress address, std::span<std::byte> into) { return read(address, into); });
    }
};

FakeGuest guestWithBannerAt(std::uint64_t address, std::uint64_t executable = 0)
{
    FakeGuest guest;
    guest.texts[address] = bannerText;
    if (executable != 0) {
        guest.executable.push_back(LinearAddress(executable));
    }
    return guest;
}

} // namespace

TEST_CASE("An unmoved kernel is found by one read, without asking for the mappings")
{
    FakeGuest guest = guestWithBannerAt(wide.banner.link.value);
    const SlideAnswer answer = guest.search(wide);
    CHECK(answer.state == SlideState::Found);
    CHECK(answer.slide == 0);
    CHECK(answer.tried == 1);
    CHECK_FALSE(guest.askedForMappings);
}

TEST_CASE("A mapping that begins at _text gives the slide away")
{
    FakeGuest guest = guestWithBannerAt(wide.banner.link.value + 0x1e600000, 0xffffffff9f600000);
    const SlideAnswer answer = guest.search(wide);
    CHECK(answer.state == SlideState::Found);
    CHECK(answer.slide == 0x1e600000);
    CHECK(answer.tried == 2);
}

TEST_CASE("Mappings outside the kernel's window are not even read")
{
    // The direct map shows the same bytes, but that is not where the kernel runs.
    FakeGuest guest = guestWithBannerAt(0xffff888003161900, 0xffff888002000000);
    CHECK(guest.search(wide).state == SlideState::NotMapped);
}

TEST_CASE("Without a helpful mapping every aligned slide of the window is tried")
{
    const std::uint64_t slide = GENERATE(0x200000U, 0x1e600000U, 0x3b000000U);
    FakeGuest guest = guestWithBannerAt(wide.banner.link.value + slide, 0xffffffff80000000);
    const SlideAnswer answer = guest.search(wide);
    CHECK(answer.state == SlideState::Found);
    CHECK(answer.slide == slide);
    CHECK(answer.tried <= 514);
}

TEST_CASE("A kernel below its link address has a slide that wraps")
{
    FakeGuest guest = guestWithBannerAt(wide.banner.link.value - 0x800000);
    const SlideAnswer answer = guest.search(wide);
    CHECK(answer.state == SlideState::Found);
    CHECK(answer.slide == ~std::uint64_t{0} - 0x800000 + 1);
}

TEST_CASE("Nothing mapped means that the kernel has not set up its mapping yet")
{
    FakeGuest guest;
    guest.executable = {LinearAddress(0x100000)};
    const SlideAnswer answer = guest.search(wide);
    CHECK(answer.state == SlideState::NotMapped);
    CHECK(answer.slide == 0);
}

TEST_CASE("Another kernel's bytes are no match")
{
    FakeGuest guest;
    guest.mapped = {{LinearAddress(0xffffffff81000000), LinearAddress(0xffffffffa0000000)}};
    guest.texts[wide.banner.link.value]
        = "Linux version 6.1.0-55-amd64 (gcc-12) #1 SMP Debian 6.1.180-1 (2026-01-01)\n";
    CHECK(guest.search(wide).state == SlideState::NoMatch);
}

TEST_CASE("A 32-bit kernel moves up by its alignment")
{
    FakeGuest guest = guestWithBannerAt(narrow.banner.link.value + 0x5000000);
    const SlideAnswer answer = guest.search(narrow);
    CHECK(answer.state == SlideState::Found);
    CHECK(answer.slide == 0x5000000);
    CHECK(answer.tried == 6);
}

TEST_CASE("A 32-bit kernel is found from a mapping, too")
{
    FakeGuest guest = guestWithBannerAt(narrow.banner.link.value + 0x4000000, 0xc5000000);
    const SlideAnswer answer = guest.search(narrow);
    CHECK(answer.state == SlideState::Found);
    CHECK(answer.slide == 0x4000000);
    CHECK(answer.tried == 2);
}

TEST_CASE("A nonsensical alignment falls back to 2 MiB steps")
{
    SlideClues clues = wide;
    clues.alignment = GENERATE(0U, 1U, 3U, 0x300000U, 0x80000000U);
    FakeGuest guest = guestWithBannerAt(clues.banner.link.value + 0x600000);
    const SlideAnswer answer = guest.search(clues);
    CHECK(answer.state == SlideState::Found);
    CHECK(answer.slide == 0x600000);
}

TEST_CASE("Symbols without a banner cannot be searched for")
{
    KernelSymbols symbols;
    symbols.path = "System.map";
    symbols.text = LinearAddress(0xffffffff81000000);
    const auto clues = slideCluesOf(symbols);
    REQUIRE_FALSE(clues);
    CHECK(clues.error().happened.find("System.map") != std::string::npos);

    symbols.banner = wide.banner;
    symbols.alignment = 0x200000;
    const auto complete = slideCluesOf(symbols);
    REQUIRE(complete);
    CHECK(complete->text == wide.text);
    CHECK(complete->banner == wide.banner);
}
