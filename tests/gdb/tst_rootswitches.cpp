// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "gdb/boot/rootswitches.h"

using namespace pgtscope::gdb;

namespace {

std::vector<std::size_t> behind(std::initializer_list<unsigned> bytes)
{
    std::vector<std::byte> code;
    for (const unsigned byte : bytes)
        code.push_back(static_cast<std::byte>(byte));
    return behindRootWrites(code);
}

} // namespace

TEST_CASE("every form of a write to CR3 is found, and the place behind it")
{
    CHECK(behind({0x0f, 0x22, 0xd8}) == std::vector<std::size_t>{3}); // mov %rax,%cr3
    CHECK(behind({0x90, 0x0f, 0x22, 0xdf}) == std::vector<std::size_t>{4}); // mov %rdi,%cr3
    CHECK(behind({0x41, 0x0f, 0x22, 0xd9, 0xc3}) == std::vector<std::size_t>{4}); // mov %r9,%cr3
}

TEST_CASE("other control registers, reads and code that is cut short are none")
{
    CHECK(behind({0x0f, 0x22, 0xe0}).empty()); // mov %rax,%cr4
    CHECK(behind({0x0f, 0x22, 0xc0}).empty()); // mov %rax,%cr0
    CHECK(behind({0x0f, 0x20, 0xd8}).empty()); // mov %cr3,%rax
    CHECK(behind({0x0f, 0x22}).empty());
    CHECK(behind({}).empty());
}
