// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>

#include "gdb/boot/breakpointorder.h"

using namespace pgtscope;
using namespace pgtscope::gdb;

namespace {

std::size_t place(std::string_view name) { return core::placeOf(*core::findBootEvent(name)); }

/// A boot of which breakpoints wait for some events, numbered in their order.
struct Boot {
    std::vector<std::string> names;
    std::vector<WaitingBreakpoint> waiting;
    BootPosition position;

    explicit Boot(std::vector<std::string> events)
        : names(std::move(events))
    {
        for (const std::string& name : names) {
            const core::BootEvent& event = *core::findBootEvent(name);
            waiting.push_back(
                {static_cast<unsigned>(waiting.size()), core::placeOf(event), false, event.everyBoot, false});
        }
    }
    WaitingBreakpoint& operator[](std::string_view name)
    {
        return *std::find_if(waiting.begin(), waiting.end(),
            [&](const WaitingBreakpoint& one) { return names[one.number] == name; });
    }
    /// One that is reported once waits no more.
    void meet(const std::string& name)
    {
        (*this)[name].met = true;
        position.last = place(name);
        if (core::findBootEvent(name)->reports == 1)
            waiting.erase(waiting.begin() + (&(*this)[name] - waiting.data()));
    }
    /// What is armed in a guest with `room`.
    std::vector<std::string> armed(unsigned room) const
    {
        std::vector<std::string> result;
        for (const unsigned number : breakpointOrder(waiting, position, room))
            if (result.size() < room)
                result.push_back(names[number]);
        return result;
    }
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("at the start the next events of the boot are armed")
{
    const Boot boot({"startup_64", "__startup_64", "x86_64_start_kernel", "start_kernel", "setup_arch"});
    CHECK(boot.armed(3) == Names{"startup_64", "__startup_64", "x86_64_start_kernel"});
    CHECK(boot.armed(0).empty());
    CHECK(boot.armed(9).size() == 5);
}

TEST_CASE("while the direct map is built, its functions stay armed beside what ends it")
{
    Boot boot({"early_make_pgtable", "init_mem_mapping", "init_memory_mapping",
        "kernel_physical_mapping_init", "init_top_pgt", "paging_init", "mem_init", "panic"});
    boot["init_top_pgt"].certain = true; // found in one place
    boot.meet("early_make_pgtable");
    boot.meet("init_mem_mapping");
    CHECK(
        boot.armed(3) == Names{"init_memory_mapping", "kernel_physical_mapping_init", "early_make_pgtable"});
    boot.meet("init_memory_mapping");
    boot.meet("kernel_physical_mapping_init");
    CHECK(boot.armed(3) == Names{"init_top_pgt", "kernel_physical_mapping_init", "init_memory_mapping"});
}

TEST_CASE("events that may not come never take all slots")
{
    Boot boot({"init_espfix_bsp", "pti_init", "efi_enter_virtual_mode", "rest_init", "kernel_init"});
    boot.position.last = place("mem_init");
    CHECK(boot.armed(2) == Names{"init_espfix_bsp", "rest_init"});
    CHECK(boot.armed(3) == Names{"init_espfix_bsp", "pti_init", "rest_init"});
    CHECK(boot.armed(1) == Names{"rest_init"});
}

TEST_CASE("events of the other kind of boot take no slot")
{
    Boot boot({"startup_64", "startup_xen", "xen_start_kernel", "x86_64_start_kernel", "start_kernel"});
    CHECK(boot.armed(2) == Names{"startup_64", "startup_xen"});
    boot.meet("startup_64");
    boot.position.underXen = false;
    CHECK(boot.armed(4) == Names{"x86_64_start_kernel", "start_kernel"});
    boot.position.underXen = true;
    CHECK(boot.armed(4) == Names{"startup_xen", "xen_start_kernel", "start_kernel"});
}

TEST_CASE("a kernel's death, what was passed and what is idle wait for free slots")
{
    Boot boot({"setup_arch", "init_mem_mapping", "alloc_low_pages", "paging_init", "panic"});
    boot.position.last = place("init_mem_mapping");
    boot["init_mem_mapping"].met = true;
    boot["alloc_low_pages"].idle = true;
    CHECK(
        boot.armed(5) == Names{"paging_init", "init_mem_mapping", "setup_arch", "panic", "alloc_low_pages"});
}
