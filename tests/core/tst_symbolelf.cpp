// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>
#include <fstream>

#include "core/base/numbers.h"
#include "core/symbols/elfsymbols.h"
#include "core/symbols/symbolelf.h"
#include "tests/support/required.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using namespace pgtscope;

namespace {

Symbol symbol(std::uint64_t address, char type, std::string name)
{
    return {LinearAddress(address), std::move(name), type};
}

/// "type address name" of what the project's own reader finds in the file.
std::vector<std::string> readBack(const std::string& file)
{
    const test::TemporaryDirectory directory;
    const std::string path = (directory.path() / "symbols").string();
    std::ofstream(path, std::ios::binary) << file;
    const ElfFile elf = test::required(ElfFile::open(path));
    std::vector<std::string> lines;
    for (const Symbol& one : test::required(readElfSymbols(elf, path)))
        lines.push_back(std::string(1, one.type) + " " + hexText(one.address.value) + " " + one.name);
    std::sort(lines.begin(), lines.end());
    return lines;
}

} // namespace

TEST_CASE("a debugger's file holds the kernel's symbols where KASLR has placed them")
{
    SymbolTable table({symbol(0, 'A', "fixed_percpu_data"), symbol(0x1c000, 'd', "cpu_number"),
        symbol(0xffffffff81000000, 'T', "_text"), symbol(0xffffffff81000100, 't', "helper"),
        symbol(0xffffffff81000200, 'A', "CONSTANT"), symbol(0xffffffff82000000, 'D', "init_top_pgt"),
        symbol(0xffffffff82100000, 't', "init_helper"), symbol(0xffffffff82200000, 'b', "pgt_buf_end")});
    table.setSlide(0x3000000);
    // Data has no bytes in the file, so that its letter is that of .bss.
    CHECK(readBack(symbolElf(table))
        == std::vector<std::string>{"B 0xffffffff85000000 init_top_pgt", "T 0xffffffff84000000 _text",
            "b 0xffffffff85200000 pgt_buf_end", "t 0xffffffff84000100 helper",
            "t 0xffffffff85100000 init_helper"});
}

TEST_CASE("a debugger's file of a 32-bit kernel keeps its addresses below 4 GiB")
{
    SymbolTable table({symbol(0xc1000000, 'T', "_text"), symbol(0xfff00000, 'T', "last")});
    table.setSlide(0x1000000);
    CHECK(readBack(symbolElf(table)) == std::vector<std::string>{"T 0xc2000000 _text", "T 0xf00000 last"});
}

TEST_CASE("a debugger's file of a table that alternates between code and data with each symbol is bounded")
{
    std::vector<Symbol> symbols;
    for (std::uint64_t i = 0; i < 70'000; ++i)
        symbols.push_back(
            symbol(0xffffffff81000000 + 16 * i, i % 2 == 0 ? 'T' : 'D', "s" + std::to_string(i)));
    CHECK(readBack(symbolElf(SymbolTable(symbols))).size() == 70'000);
    CHECK(symbolElf(SymbolTable()).empty());
    CHECK(symbolElf(SymbolTable({symbol(0x10, 'A', "CONSTANT")})).empty());
}
