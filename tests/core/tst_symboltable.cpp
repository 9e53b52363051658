// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/symbols/symboltable.h"

using namespace pgtscope::core;

namespace {

Symbol symbol(std::uint64_t address, char type, std::string name)
{
    return {LinearAddress(address), std::move(name), type};
}

SymbolTable wideTable()
{
    return SymbolTable({
        symbol(0xffffffff82000000, 'D', "init_top_pgt"),
        symbol(0, 'A', "fixed_percpu_data"),
        symbol(0x1c000, 'd', "cpu_number"),
        symbol(0xffffffff81000000, 'D', "first_data"),
        symbol(0xffffffff81000000, 'T', "_text"),
        symbol(0xffffffff81000000, 'T', "_stext"),
        symbol(0xffffffff81000100, 't', "helper"),
        symbol(0xffffffff81000200, 't', "helper"),
        symbol(0xffffffff81000300, 'A', "CONSTANT"),
    });
}

SymbolTable narrowTable()
{
    return SymbolTable({symbol(0xc1000000, 'T', "_text"), symbol(0xc1c39000, 'D', "swapper_pg_dir")});
}

std::string at(const SymbolTable& table, std::uint64_t address)
{
    const auto found = table.at(LinearAddress(address));
    return found ? found->text() : "nothing";
}

} // namespace

TEST_CASE("Symbols are found by name")
{
    const SymbolTable table = wideTable();
    CHECK(table.size() == 9);
    CHECK(table.find("init_top_pgt") == LinearAddress(0xffffffff82000000));
    CHECK(table.find("helper") == LinearAddress(0xffffffff81000100));
    CHECK(table.find("no_such") == std::nullopt);
    CHECK(table.find("") == std::nullopt);
}

TEST_CASE("Symbols are kept in the order of their addresses")
{
    const SymbolTable table = wideTable();
    CHECK(std::is_sorted(table.symbols().begin(), table.symbols().end(),
        [](const Symbol& a, const Symbol& b) { return a.address < b.address; }));
}

TEST_CASE("An address has the symbol at or below it")
{
    const SymbolTable table = wideTable();
    CHECK(at(table, 0xffffffff81000100) == "helper");
    CHECK(at(table, 0xffffffff8100011f) == "helper+0x1f");
    CHECK(at(table, 0xffffffff810001ff) == "helper+0xff");
    CHECK(at(table, 0xffffffff82000010) == "init_top_pgt+0x10");
}

TEST_CASE("Text is preferred over data at the same place, and the first text over the next")
{
    CHECK(at(wideTable(), 0xffffffff81000000) == "_text");
}

TEST_CASE("Nothing stands below the first symbol or 16 MiB behind the last")
{
    const SymbolTable table = wideTable();
    CHECK(at(table, 0xffffffff80ffffff) == "nothing");
    CHECK(at(table, 0xffffffff82ffffff) == "init_top_pgt+0xffffff");
    CHECK(at(table, 0xffffffff83000000) == "nothing");
    CHECK(at(SymbolTable(), 0) == "nothing");
}

TEST_CASE("Per-CPU offsets and constants are no places")
{
    const SymbolTable table = wideTable();
    CHECK(at(table, 0x10) == "nothing");
    CHECK(at(table, 0x1c010) == "nothing");
    CHECK(at(table, 0xffffffff81000300) == "helper+0x100");
}

TEST_CASE("The slide moves addresses in the image and nothing else")
{
    SymbolTable table = wideTable();
    table.setSlide(0x1e000000);
    CHECK(table.find("_text") == LinearAddress(0xffffffff9f000000));
    CHECK(table.find("fixed_percpu_data") == LinearAddress(0));
    CHECK(table.find("cpu_number") == LinearAddress(0x1c000));
    CHECK(table.find("CONSTANT") == LinearAddress(0xffffffff81000300));
    CHECK(at(table, 0xffffffff9f000104) == "helper+0x4");
    CHECK(at(table, 0xffffffff81000104) == "nothing");
}

TEST_CASE("A 32-bit table wraps at 4 GiB")
{
    SymbolTable table = narrowTable();
    table.setSlide(0xff000000); // minus 16 MiB
    CHECK(table.slide() == 0xff000000);
    CHECK(table.find("_text") == LinearAddress(0xc0000000));
    CHECK(at(table, 0xc0c39004) == "swapper_pg_dir+0x4");
    table.setSlide(0xffffffffff000000);
    CHECK(table.slide() == 0xff000000);
    CHECK(table.find("swapper_pg_dir") == LinearAddress(0xc0c39000));
    CHECK(at(table, 0x1c0c39004) == "nothing");
}
