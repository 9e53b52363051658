// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/launchadvice.h"

#include <algorithm>

#include "core/symbols/symbolsource.h"
#include "testpaths.h"
#include "tests/support/catch.h"

using namespace pgtscope;

namespace {

core::SymbolTable tableOf(const std::vector<std::string>& names)
{
    std::vector<core::Symbol> symbols;
    for (const std::string& name : names)
        symbols.push_back({core::LinearAddress(0xffffffff81000000 + 0x100 * symbols.size()), name, 'T'});
    return core::SymbolTable(std::move(symbols));
}

bool advises(const std::vector<std::string>& commands, const std::string& command)
{
    return std::find(commands.begin(), commands.end(), command) != commands.end();
}

} // namespace

TEST_CASE("What is advised after a launch names a function and a symbol that the kernel has")
{
    SECTION("a kernel of today: the function with which its tables begin")
    {
        const auto linux = tableOf({"_text", "start_kernel", "init_mem_mapping", "xen_setup_kernel_pagetable",
            "early_alloc_pgt_buf", "panic"});
        CHECK(pgt::commandsToTry(linux, false)
            == std::vector<std::string>{
                "pgt run-to early_alloc_pgt_buf", "pgt walk", "pgt translate _text", "pgt guest stop"});
        CHECK(advises(pgt::commandsToTry(linux, true), "pgt run-to xen_setup_kernel_pagetable"));
    }
    SECTION("the lab kernel, which has no start_kernel()")
    {
        const auto lab = core::loadKernelFile(test::labGuestFile);
        REQUIRE(lab);
        REQUIRE_FALSE(lab->table.find("start_kernel"));
        const auto commands = pgt::commandsToTry(lab->table, false);
        CHECK(advises(commands, "pgt run-to find_early_table_space"));
        CHECK(advises(commands, "pgt translate _text"));
    }
    SECTION("a kernel of one's own that has none of Linux's")
    {
        CHECK(pgt::commandsToTry(tableOf({"kmain", "panic"}), false)
            == std::vector<std::string>{"pgt walk", "pgt guest stop"});
        CHECK(pgt::commandsToTry({}, false) == std::vector<std::string>{"pgt walk", "pgt guest stop"});
    }
}
