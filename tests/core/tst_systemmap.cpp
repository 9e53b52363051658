// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/symbols/systemmap.h"

using namespace pgtscope::core;

TEST_CASE("A System.map gives a symbol a line")
{
    const auto symbols = parseSystemMap("0000000000000000 D __per_cpu_start\n"
                                        "ffffffff81000000 T _text\n"
                                        "ffffffff82a10000 D init_top_pgt\n",
        "System.map");
    REQUIRE(symbols);
    REQUIRE(symbols->size() == 3);
    CHECK((*symbols)[1].address == LinearAddress(0xffffffff81000000));
    CHECK((*symbols)[1].type == 'T');
    CHECK((*symbols)[1].name == "_text");
}

TEST_CASE("32-bit addresses, carriage returns and a missing last newline are fine")
{
    const auto symbols = parseSystemMap("c1000000 T _text\r\nc1c39000 B swapper_pg_dir", "System.map");
    REQUIRE(symbols);
    REQUIRE(symbols->size() == 2);
    CHECK((*symbols)[0].name == "_text");
    CHECK((*symbols)[1].address == LinearAddress(0xc1c39000));
}

TEST_CASE("Debian's stub is recognised and names the way out")
{
    const std::string stub
        = "ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n";
    CHECK(looksLikeSystemMap(stub));
    const auto symbols = parseSystemMap(stub, "System.map-6.1.0");
    REQUIRE_FALSE(symbols);
    CHECK(symbols.error().happened.find("stub") != std::string::npos);
    CHECK(symbols.error().advice.find("kernel image") != std::string::npos);
}

TEST_CASE("A line of another shape is named by its number")
{
    const char* bad = GENERATE("ffffffff81000000", "ffffffff81000000 T", "ffffffff81000000 T ", "xyz T name",
        "12 T name", "ffffffff81000000 TT name", "ffffffff81000000 T two words", "1ffffffffffffffff T name",
        "ffffffff81000000 T \t[ext4]", "");
    const auto symbols
        = parseSystemMap(std::string("ffffffff81000000 T _text\n") + bad + "\nffffffff81000000 T x\n", "map");
    REQUIRE_FALSE(symbols);
    CHECK(symbols.error().happened.find("line 2 ") == 0);
}

TEST_CASE("An empty file is no System.map")
{
    CHECK_FALSE(parseSystemMap("", "map"));
    CHECK_FALSE(parseSystemMap("\n", "map"));
}

TEST_CASE("Only text of that shape looks like a System.map")
{
    CHECK(looksLikeSystemMap("ffffffff81000000 T _text"));
    CHECK_FALSE(looksLikeSystemMap("\x7f"
                                   "ELF"));
    CHECK_FALSE(looksLikeSystemMap(""));
    CHECK_FALSE(looksLikeSystemMap("hello world"));
}

TEST_CASE("A saved /proc/kallsyms gives a module's symbols without the module's name")
{
    const auto symbols = parseSystemMap("0000000000000000 A fixed_percpu_data\n"
                                        "ffffffff81000000 T _text\n"
                                        "ffffffffc0000000 t ext4_init\t[ext4]\n"
                                        "ffffffffc0001000 t bpf_prog_6deef7357e7b4530\t[bpf]\n",
        "kallsyms");
    REQUIRE(symbols);
    REQUIRE(symbols->size() == 4);
    CHECK((*symbols)[2].name == "ext4_init");
    CHECK((*symbols)[3].name == "bpf_prog_6deef7357e7b4530");
}

TEST_CASE("A /proc/kallsyms that was saved without root is refused and says how to save it")
{
    const std::string text = "0000000000000000 A fixed_percpu_data\n0000000000000000 T _text\n"
                             "0000000000000000 t ext4_init\t[ext4]\n";
    CHECK(looksLikeSystemMap(text));
    const auto symbols = parseSystemMap(text, "kallsyms");
    REQUIRE_FALSE(symbols);
    CHECK(symbols.error().happened.find("every address in it is 0") == 0);
    CHECK(symbols.error().advice.find("as root") != std::string::npos);
}
