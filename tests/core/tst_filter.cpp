// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/filter/nearnames.h"
#include "core/filter/runsubject.h"
#include "core/filter/symbollookup.h"
#include "tests/core/tablebuilder.h"

using namespace pgtscope::tests;

namespace {

SymbolLookup someSymbols()
{
    SymbolLookup lookup;
    lookup.find = [](std::string_view name, Field field) -> std::optional<std::uint64_t> {
        if (name == "_text")
            return 0x2000;
        if (name == "_etext")
            return 0x5000;
        // What it points to for physical addresses, where it stands for linear ones.
        if (name == "pgt_buf_start")
            return field == Field::Pa ? 0x10000 : 0x7000;
        return std::nullopt;
    };
    lookup.near = [](std::string_view) { return std::vector<std::string>{"_text", "_etext"}; };
    return lookup;
}

Filter parsed(std::string_view text)
{
    auto filter = Filter::parse(text, someSymbols());
    INFO(text);
    if (!filter)
        FAIL(filter.error().happened << "\n" << filter.error().caretText(text));
    return *filter;
}

FilterError refused(std::string_view text)
{
    auto filter = Filter::parse(text, someSymbols());
    INFO(text);
    REQUIRE_FALSE(filter);
    return filter.error();
}

/// Eight pages 0x0 to 0x7fff -> 0x10000 and on, and a 2 MiB page at 0x200000 -> 0x400000.
Guest eightPages()
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rwu);
    guest.set(0x2000, 0, 0x3000 | rwu);
    guest.set(0x3000, 0, 0x4000 | rw);
    guest.set(0x3000, 1, 0x00400000 | rw | bit::ps | nx | bit::g);
    for (unsigned i = 0; i < 8; ++i)
        guest.set(0x4000, i, (0x10000 + i * 0x1000) | rwu);
    return guest;
}

std::string filtered(const Snapshot& snapshot, std::string_view text, const FilterKnowledge& knowledge = {},
    const RunOptions& options = {})
{
    std::string result;
    forEachRun(snapshot, options, parsed(text), knowledge, [&](const Run& run) {
        result += hexText(run.begin.value) + "+" + sizeText(run.bytes) + " ";
        return true;
    });
    if (!result.empty())
        result.pop_back();
    return result;
}

} // namespace

TEST_CASE("A range of linear addresses cuts a run at its bounds, the second one outside")
{
    Guest guest = eightPages();
    const auto snapshot = guest.capture();
    CHECK(filtered(*snapshot, "") == "0x0+32K 0x200000+2M");
    CHECK(filtered(*snapshot, "va in _text.._etext") == "0x2000+12K");
    CHECK(filtered(*snapshot, "va in _text+0x1000..0x5000-4096") == "0x3000+4K");
    CHECK(filtered(*snapshot, "va in 0x2fff..0x3001") == "0x2000+8K");
    CHECK(filtered(*snapshot, "not va in 0x1000..0x7000") == "0x0+4K 0x7000+4K 0x200000+2M");
    CHECK(filtered(*snapshot, "pa in 0x11000..0x13000") == "0x1000+8K");
    CHECK(filtered(*snapshot, "pfn == 0x13 or pfn == 20") == "0x3000+8K");
}

TEST_CASE("Addresses within a large page belong to it")
{
    Guest guest = eightPages();
    const auto snapshot = guest.capture();
    CHECK(filtered(*snapshot, "va == 0x212345") == "0x200000+2M");
    CHECK(filtered(*snapshot, "pa == 0x5fffff") == "0x200000+2M");
    CHECK(filtered(*snapshot, "va != 0x212345") == "0x0+32K");
    CHECK(filtered(*snapshot, "va >= 0x3ffff0") == "0x200000+2M");
    CHECK(filtered(*snapshot, "va > 0x3fffff").empty());
    CHECK(filtered(*snapshot, "va < 0x1001") == "0x0+8K");
    CHECK(filtered(*snapshot, "pfn in 0x410..0x411") == "0x200000+2M");
}

TEST_CASE("A symbol's value may depend on the field it is compared with")
{
    Guest guest = eightPages();
    const auto snapshot = guest.capture();
    CHECK(filtered(*snapshot, "pa == pgt_buf_start") == "0x0+4K");
    CHECK(filtered(*snapshot, "va == pgt_buf_start") == "0x7000+4K");
}

TEST_CASE("Rights of the entry and of the path are different fields")
{
    Guest guest = eightPages();
    const auto snapshot = guest.capture();
    // The pages have U/S, their PDE has not.
    CHECK(filtered(*snapshot, "user") == "0x0+32K");
    CHECK(filtered(*snapshot, "eff.user").empty());
    CHECK(filtered(*snapshot, "eff.rw and not eff.nx") == "0x0+32K");
    CHECK(filtered(*snapshot, "eff.nx") == "0x200000+2M");
    CHECK(filtered(*snapshot, "nx == true") == "0x200000+2M");
    CHECK(filtered(*snapshot, "g == 0") == "0x0+32K");
}

TEST_CASE("Levels, sizes, raw bits and the entry's own place")
{
    Guest guest = eightPages();
    const auto snapshot = guest.capture();
    CHECK(filtered(*snapshot, "level == 2") == "0x200000+2M");
    CHECK(filtered(*snapshot, "level == PMD") == "0x200000+2M");
    CHECK(filtered(*snapshot, "level < l2") == "0x0+32K");
    CHECK(filtered(*snapshot, "size >= 2M") == "0x200000+2M");
    CHECK(filtered(*snapshot, "raw & 0x80") == "0x200000+2M");
    CHECK(filtered(*snapshot, "raw & 0x84 == 4") == "0x0+32K");
    CHECK(filtered(*snapshot, "entry == 0x4008") == "0x1000+4K");
    CHECK(filtered(*snapshot, "table == 0x3000") == "0x200000+2M");
}

TEST_CASE("and binds tighter than or, not tighter than both; two spellings of each")
{
    Guest guest = eightPages();
    const auto snapshot = guest.capture();
    CHECK(filtered(*snapshot, "va < 4K or va < 12K and va >= 8K") == "0x0+4K 0x2000+4K");
    CHECK(filtered(*snapshot, "va < 4K || va < 12K && va >= 8K") == "0x0+4K 0x2000+4K");
    CHECK(filtered(*snapshot, "(va < 4K or va < 12K) and va >= 8K") == "0x2000+4K");
    CHECK(filtered(*snapshot, "not level == 1 or va < 4K") == "0x0+4K 0x200000+2M");
    CHECK(filtered(*snapshot, "!!!(level == 1)") == "0x200000+2M");
    CHECK(filtered(*snapshot, "not (not level == 1 or va < 4K) and not va > 12K") == "0x1000+8K");
}

TEST_CASE("Regions are linear or physical; equality is exact, ~ finds parts")
{
    Guest guest = eightPages();
    guest.linearRegions = {{"low_kernel", "Low Kernel", {LinearAddress(0), LinearAddress(0x4000)}}};
    guest.physicalRegions = {{"pgt_buf", "pgt_buf", {PhysicalAddress(0x13000), PhysicalAddress(0x15000)}}};
    const auto snapshot = guest.capture();
    CHECK(filtered(*snapshot, "region == pgt_buf") == "0x3000+4K 0x4000+4K");
    CHECK(filtered(*snapshot, "region == low_kernel") == "0x0+16K");
    CHECK(filtered(*snapshot, "region == low").empty());
    CHECK(filtered(*snapshot, "region ~ KERN") == "0x0+16K");
    CHECK(filtered(*snapshot, "region ~ '^kern'").empty());
    CHECK(filtered(*snapshot, "region ~ \"^p*b?f$\"") == "0x3000+4K 0x4000+4K");
    CHECK(filtered(*snapshot, "region") == "0x0+16K 0x4000+4K");
    CHECK(filtered(*snapshot, "region != low_kernel") == "0x4000+16K 0x200000+2M");
}

TEST_CASE("What only a session knows is asked on demand, and is false where nobody knows")
{
    Guest guest = eightPages();
    const auto snapshot = guest.capture();
    CHECK(filtered(*snapshot, "changed or finding or role or alias > 0 or mfn >= 0").empty());
    FilterKnowledge knowledge;
    unsigned asked = 0;
    knowledge.changed = [](PhysicalAddress entry) { return entry.value == 0x4010; };
    knowledge.finding = [](PhysicalAddress entry, const TextPattern& pattern) {
        return entry.value == 0x4018 && pattern.matches("table-writable");
    };
    knowledge.role = [](FrameNumber first, std::uint64_t, const TextPattern& pattern) {
        return first.value == 0x14 && pattern.matches("table");
    };
    knowledge.aliases = [&](FrameNumber, std::uint64_t frames) {
        ++asked;
        return frames;
    };
    knowledge.guestFrame = [](FrameNumber machine) -> std::optional<GuestFrame> {
        return machine.value == 0x15 ? std::optional(GuestFrame(0x99)) : std::nullopt;
    };
    CHECK(filtered(*snapshot, "changed", knowledge) == "0x2000+4K");
    CHECK(filtered(*snapshot, "finding == writable", knowledge).empty());
    CHECK(filtered(*snapshot, "finding", knowledge) == "0x3000+4K");
    CHECK(filtered(*snapshot, "finding == 'table-writable'", knowledge) == "0x3000+4K");
    CHECK(filtered(*snapshot, "role == table", knowledge) == "0x4000+4K");
    CHECK(filtered(*snapshot, "pfn == 0x99", knowledge) == "0x5000+4K");
    CHECK(filtered(*snapshot, "mfn == 0x15", knowledge) == "0x5000+4K");
    CHECK(asked == 0);
    CHECK(filtered(*snapshot, "va > 1M and alias == 512", knowledge) == "0x200000+2M");
    CHECK(asked == 1);
}

TEST_CASE("A filter says which fields it uses")
{
    const Filter filter = parsed("changed and (alias > 1 or level == 2)");
    CHECK(filter.uses(Field::Changed));
    CHECK(filter.uses(Field::Alias));
    CHECK_FALSE(filter.uses(Field::Finding));
    CHECK(parsed("  ").empty());
}

TEST_CASE("Shared, reserved and unreadable entries have a kind and no rights")
{
    Guest guest = eightPages();
    guest.features.physicalAddressBits = 40;
    guest.set(0x3000, 2, 0x4000 | rw);
    guest.set(0x3000, 3, 0x90000000 | rw);
    guest.set(0x4000, 3, 0x13000 | rw | 1ULL << 44);
    const auto snapshot = guest.capture();
    CHECK(filtered(*snapshot, "kind == shared") == "0x400000+2M");
    CHECK(filtered(*snapshot, "kind == gap") == "0x600000+2M");
    CHECK(filtered(*snapshot, "reserved") == "0x3000+4K");
    CHECK(filtered(*snapshot, "kind != page and rw").empty());
}

TEST_CASE("A filtered walk keeps limits and merging as they were asked for")
{
    Guest guest = eightPages();
    const auto snapshot = guest.capture();
    RunOptions options;
    options.maxRuns = 1;
    std::uint64_t runs = 0;
    const auto count = [&](const Run&) { return ++runs > 0; };
    CHECK(forEachRun(*snapshot, options, parsed("pfn & 1"), {}, count) == RunsEnd::Limit);
    CHECK(runs == 1);
    options.maxRuns = 0;
    options.merge = false;
    CHECK(filtered(*snapshot, "va < 8K", {}, options) == "0x0+4K 0x1000+4K");
}

TEST_CASE("Errors name the place")
{
    struct Case {
        std::string text;
        std::size_t position, length;
        std::string happened;
    };
    const auto c = GENERATE(Case{"levle == 2", 0, 5, "there is no field 'levle'"},
        Case{"rw and nix", 7, 3, "there is no field 'nix'"}, Case{"va = 3", 3, 1, "'=' is no operator"},
        Case{"va == ", 6, 0, "a value is missing here"},
        Case{"va == _tex", 6, 4, "there is no symbol '_tex'"}, Case{"(rw", 3, 0, "a ')' is missing here"},
        Case{"rw)", 2, 1, "the filter should end here"}, Case{"rw nx", 3, 2, "the filter should end here"},
        Case{"and rw", 0, 3, "a field is expected here"}, Case{"rw and", 6, 0, "a condition is missing here"},
        Case{"va in 5..5", 6, 4, "the range is empty"}, Case{"va in 5", 7, 0, "'..' is expected here"},
        Case{"region < 5", 7, 1, "region is a text"},
        Case{"va ~ x", 3, 1, "'~' compares texts, and va is a number"},
        Case{"region == 'x", 10, 2, "the quote is not closed"}, Case{"rw # x", 3, 1, "unexpected character"},
        Case{"kind == pages", 8, 5, "there is no kind 'pages'"},
        Case{"va == 1+x", 8, 1, "a number is missing here"},
        Case{"bytes > 4", 0, 5, "there is no field 'bytes'"});
    const FilterError error = refused(c.text);
    INFO(c.text);
    CHECK(error.position == c.position);
    CHECK(error.length == c.length);
    CHECK(error.happened == c.happened);
}

TEST_CASE("Numbers that are none or too large are refused")
{
    CHECK(refused("va == 0x").position == 6);
    CHECK(refused("va == 12q").position == 6);
    CHECK(refused("va == 99999999999999999999").length == 20);
    CHECK(refused("size == 16777216T").length == 9);
}

TEST_CASE("Carets stand under the place; near names are suggested")
{
    CHECK(refused("rw and levle == 2").caretText("rw and levle == 2")
        == "rw and levle == 2\n"
           "       ^^^^^");
    CHECK(refused("rw and").caretText("rw and")
        == "rw and\n"
           "      ^");
    // An e with an accent is two bytes and one column.
    CHECK(refused("region == '\xc3\xa9' nope").caretText("region == '\xc3\xa9' nope")
        == "region == '\xc3\xa9' nope\n"
           "              ^^^^");
    CHECK(refused("levle == 2").advice == "did you mean level");
    CHECK(refused("va == _tex").advice == "did you mean _text or _etext");
    CHECK(refused("levle").error("levle").message()
        == "could not read the filter: there is no field 'levle' (column 1); did you mean "
           "level\nlevle\n^^^^^");
}

TEST_CASE("Hostile filters are bounded")
{
    CHECK(refused(std::string(70, '(') + "rw").happened == "more than 64 parentheses are open");
    CHECK(refused(std::string(100'000, 'a')).happened == "the filter is longer than 64K");
    std::string chain = "rw";
    for (unsigned i = 0; i < 5000; ++i)
        chain += i % 2 == 0 ? " and rw" : " or !rw";
    Guest guest = eightPages();
    CHECK(filtered(*guest.capture(), chain) == "0x0+32K 0x200000+2M");
    const std::string stars = "region ~ '" + std::string(20'000, '*') + "b'";
    guest.linearRegions = {{std::string(5000, 'a'), "a", {LinearAddress(0), LinearAddress(0x1000)}}};
    CHECK(filtered(*guest.capture(), stars).empty());
    // Caret texts of long lines show the neighbourhood only.
    const std::string text = chain + " nope";
    CHECK(refused(text).caretText(text).size() < 400);
}

TEST_CASE("Random texts are refused or parsed, never more")
{
    const std::vector<std::string> words{"va", "region", "rw", "==", "in", "..", "(", ")", "and", "or", "not",
        "~", "&", "0x10", "4K", "_text", "'x'", "!", "+", "eff.rw", "\x80", "\"", "=", "."};
    std::uint32_t seed = 1;
    unsigned good = 0;
    for (unsigned i = 0; i < 20'000; ++i) {
        std::string text;
        for (unsigned n = 0; n < 1 + i % 9; ++n) {
            seed = seed * 1'664'525 + 1'013'904'223;
            text += words[(seed >> 8) % words.size()] + ((seed >> 30) != 0 ? " " : "");
        }
        const auto filter = Filter::parse(text, someSymbols());
        good += filter ? 1U : 0U;
        if (!filter) {
            CHECK(filter.error().position <= text.size());
            CHECK_FALSE(filter.error().caretText(text).empty());
        }
    }
    CHECK(good > 100);
    CHECK(good < 10'000);
}

TEST_CASE("Completion offers what can stand at the cursor")
{
    const std::vector<std::string> regions{"vmalloc", "vmemmap", "modules"};
    const auto at = [&](std::string_view text) {
        std::string words;
        for (const auto& word : completeFilter(text, text.size(), regions))
            words += word + " ";
        return words;
    };
    CHECK(at("ef") == "eff.rw eff.user eff.nx ");
    CHECK(at("rw and not p") == "pa pfn pat pcd pwt pkey ");
    CHECK(at("(le") == "level ");
    CHECK(at("va ") == "== != < <= > >= & in and or ");
    CHECK(at("region ") == "== != ~ and or ");
    CHECK(at("region == vm") == "vmalloc vmemmap ");
    CHECK(at("kind == ") == "page shared reserved gap table start event pgt_buf write stop poke death ");
    CHECK(at("va == 4 ") == "and or ");
    CHECK(at("va == 4 o") == "or ");
    CHECK(at("va == 4 or ").find("region") != std::string::npos);
    CHECK(completeFilter("le == 2", 2, regions) == std::vector<std::string>{"level"});
    CHECK(at("'").empty());
}

TEST_CASE("Near names: nearest first, at most three, none that is too far")
{
    NearNames near("pgt_buf_stat");
    for (const char* name : {"pgt_buf_end", "pgt_buf_start", "pgt_buf_top", "printk", "pgt_buf_state"})
        near.consider(name);
    CHECK(near.take() == std::vector<std::string>{"pgt_buf_start", "pgt_buf_state", "pgt_buf_top"});
}
