// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <random>
#include <utility>

#include "core/symbols/plainname.h"
#include "core/symbols/symbolsource.h"
#include "tests/core/kernelfiles.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;

TEST_CASE("Mangled names of C++ and Rust have the path that their source has")
{
    const auto [mangled, plain] = GENERATE(values<std::pair<const char*, const char*>>({
        // g++ 12
        {"_Z5kmainv", "kmain"},
        {"_ZL6helperi", "helper"},
        {"_ZN6Kernel4initEPKc", "Kernel::init"},
        {"_ZNK6paging5Table7entryAtEm", "paging::Table::entryAt"},
        {"_ZN6paging5TableC2Ev", "paging::Table::Table"},
        {"_ZN6paging5TableD1Ev", "paging::Table::~Table"},
        {"_ZN6paging3mapILi4EEEvNS_7AddressE", "paging::map"},
        {"_ZN5ArrayIN3cpu4CoreELi8EE5clearEv", "Array::clear"},
        {"_ZN12_GLOBAL__N_18pagingInEv", "_GLOBAL__N_1::pagingIn"},
        {"_ZSt9terminatev", "std::terminate"},
        // rustc, legacy
        {"_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"},
        {"_ZN4core9panicking5panic17hfedcba9876543210E", "core::panicking::panic"},
        // rustc, v0: examples of RFC 2603 and names of Linux
        {"_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"},
        {"_RNvCsk6FyVpFFyTQ_6kernel11call_printk", "kernel::call_printk"},
        {"_RNvMNtCs1234_7mycrate3fooNtB2_3Bar3new", "mycrate::foo::Bar::new"},
        {"_RNvXCs1234_7mycrateNtB2_3FooNtNtCs99_4core5clone5Clone5clone", "mycrate::Foo::clone"},
        {"_RNvXsf_NtCs2lKf6AS60Zg_4core3fmtbNtB5_7Display3fmt", "bool::fmt"},
        {"_RINvNtCs1234_7mycrate3foo3maplmE", "mycrate::foo::map"},
        {"_RNvNtCs1234_7mycrate3foo3bar.llvm.12345", "mycrate::foo::bar"},
    }));
    CHECK(plainName(mangled) == plain);
}

TEST_CASE("Names that are not mangled, or not understood, stay as they are")
{
    const char* name = GENERATE("start_kernel", "_RET_IP_", "_Z", "_ZN", "_ZN3fooE3bar", "_ZN99fooE",
        "_ZlsRSoi", "_R", "_RNv", "_RNvB_3bar", "_RNvNtBz_3foo3bar", "__SCT__tp_func", "");
    INFO(name);
    CHECK(plainName(name) == (std::string_view(name) == "_ZN3fooE3bar" ? "foo" : name));
}

TEST_CASE("A mangled name made to mislead ends soon")
{
    std::mt19937 random(20261129);
    const std::string letters = "NvMXYIBCsRQPOSTALKEu_0129azEZ";
    for (int round = 0; round < 20000; ++round) {
        std::string name = round % 2 == 0 ? "_R" : "_ZN";
        const auto length = random() % 600;
        for (unsigned i = 0; i < length; ++i) {
            name += letters[random() % letters.size()];
        }
        CHECK(plainName(name).size() <= 4096);
    }
    CHECK_FALSE(plainName("_R" + std::string(500, 'B')).empty());
    CHECK_FALSE(plainName("_RNv" + std::string(400, 'M') + "C3foo").empty());
}

TEST_CASE(
    "C++ and Rust functions are found by their plain names and by the mangled ones, and shown by the plain")
{
    const TemporaryFile map(bytesOf("ffffffff81000000 T _text\n"
                                    "ffffffff81000100 T _ZN6Kernel4initEPKc\n"
                                    "ffffffff81000200 t _RNvNtCs1234_7mycrate3foo3bar\n"
                                    "ffffffff81000300 t bar\n"));
    auto kernel = loadKernelSymbols(map.path());
    REQUIRE(kernel);
    SymbolTable& table = kernel->table;
    CHECK(table.find("Kernel::init") == LinearAddress(0xffffffff81000100));
    CHECK(table.find("_ZN6Kernel4initEPKc") == LinearAddress(0xffffffff81000100));
    CHECK(table.find("mycrate::foo::bar") == LinearAddress(0xffffffff81000200));
    CHECK(table.find("bar") == LinearAddress(0xffffffff81000300));
    CHECK_FALSE(table.find("init"));
    REQUIRE(table.at(LinearAddress(0xffffffff81000108)));
    CHECK(table.at(LinearAddress(0xffffffff81000108))->text() == "Kernel::init+0x8");
    table.setSlide(0x1000000);
    CHECK(table.find("Kernel::init") == LinearAddress(0xffffffff82000100));
}
