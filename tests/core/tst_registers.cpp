// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/paging/registers.h"

using namespace pgtscope::core;

namespace {

CpuState cpuAt(std::uint64_t cr0, std::uint16_t cs, std::uint64_t rip)
{
    CpuState cpu;
    cpu.control.cr0 = cr0;
    cpu.cs = cs;
    cpu.rip = LinearAddress(rip);
    return cpu;
}

} // namespace

TEST_CASE("In real mode code is at CS:IP, and its linear address follows from the selector")
{
    CHECK(cpuAt(0, 0x07c0, 0x1234).codeAddressText() == "07c0:1234 (linear 0x8e34)");
    CHECK(cpuAt(0, 0xffff, 0xffff).codeAddressText() == "ffff:ffff (linear 0x10ffef)");
    // Nothing above 16 bits is part of IP.
    CHECK(cpuAt(0, 0x1000, 0xabc0012).codeAddressText() == "1000:0012 (linear 0x10012)");
}

TEST_CASE("The vector of a reset is at the top of 4 GiB")
{
    CHECK(cpuAt(0, 0xf000, 0xfff0).codeAddressText() == "f000:fff0 (linear 0xfffffff0)");
    CHECK(cpuAt(0, 0xf000, 0xe05b).codeAddressText() == "f000:e05b (linear 0xfe05b)");
}

TEST_CASE("In protected mode RIP is the linear address, but for virtual-8086 mode")
{
    CHECK(cpuAt(cr0Pe, 0x10, 0x100000).codeAddressText() == "0x100000");
    CHECK(cpuAt(cr0Pe, 0xf000, 0xfff0).codeAddressText() == "0xfff0");
    CpuState v86 = cpuAt(cr0Pe, 0xf000, 0xfff0);
    v86.rflags = rflagsVm;
    CHECK(v86.codeAddressText() == "f000:fff0 (linear 0xffff0)");
}

TEST_CASE("Code is found where it is, and its privilege is CS's, but there is none in real mode")
{
    CHECK(cpuAt(cr0Pe, 0x10, 0x100000).codeAddress().value == 0x100000);
    CHECK(cpuAt(0, 0x07c0, 0x1234).codeAddress().value == 0x8e34);
    CHECK(cpuAt(cr0Pe, 0x33, 0).cpl() == 3);
    CHECK(cpuAt(cr0Pe, 0x10, 0).cpl() == 0);
    CHECK(cpuAt(0, 0x0003, 0).cpl() == 0);
}
