// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/pageisolation.h"
#include "tablebuilder.h"
#include "tests/support/catch.h"

using namespace pgtscope::tests;

namespace {

constexpr std::uint64_t kernelRoot = 0x4000, userRoot = 0x5000;

/// A process under KPTI, stopped in user mode: a page of its own, the kernel's in one half only.
struct IsolatedGuest : Guest {
    IsolatedGuest()
        : Guest(PagingMode::Level4)
    {
        cpu.cs = 0x33;
        cpu.control.cr3 = userRoot | 0x800 | 1ULL << 63; // PCID of the user half, no flush
        set(userRoot, 0, 0x10000 | rwu);
        set(kernelRoot, 0, 0x10000 | rwu | nx | bit::a);
        set(userRoot, 508, 0x11000 | rw); // cpu_entry_area
        set(kernelRoot, 508, 0x12000 | rw);
        set(kernelRoot, 511, 0x13000 | rw);
    }
    std::optional<PhysicalAddress> half() { return kernelHalf(memory, cpu, features).value(); }
};

} // namespace

TEST_CASE("KPTI: at a stop in user mode the kernel's half is the even frame beside CR3")
{
    IsolatedGuest guest;
    CHECK(guest.half() == PhysicalAddress(kernelRoot));
    CaptureOptions options;
    options.root = PhysicalAddress(kernelRoot);
    CHECK(rootText(*guest.capture(options)) == "KPTI's kernel half");
    CHECK(rootText(*guest.capture()) == "CR3");
    options.root = PhysicalAddress(0x7000);
    CHECK(rootText(*guest.capture(options)) == "chosen");
}

TEST_CASE("KPTI: each half knows the other, wherever the CPU stopped")
{
    IsolatedGuest guest;
    const Paging paging(guest.cpu.control, guest.features);
    const auto other
        = [&](std::uint64_t root) { return otherHalf(guest.memory, paging, PhysicalAddress(root)).value(); };
    CHECK(other(kernelRoot) == PhysicalAddress(userRoot));
    CHECK(other(userRoot) == PhysicalAddress(kernelRoot));
    CHECK_FALSE(other(0x8000));
    guest.cpu.control.cr3 = kernelRoot;
    CHECK_FALSE(guest.half());
}

TEST_CASE("KPTI: the frame beside CR3 is believed only if it looks like the other half")
{
    IsolatedGuest guest;
    SECTION("CR3 is in an even frame: it is the kernel's half, or there are none")
    {
        guest.cpu.control.cr3 = kernelRoot;
    }
    SECTION("another process's root: it has other pages in user space")
    {
        guest.set(kernelRoot, 0, 0x20000 | rwu);
    }
    SECTION("a root with more in user space") { guest.set(kernelRoot, 3, 0x20000 | rwu); }
    SECTION("nothing of the kernel's that user mode lacks") { guest.set(userRoot, 511, 0x13000 | rw); }
    SECTION("a page without anything in user space tells nothing")
    {
        guest.set(userRoot, 0, 0);
        guest.set(kernelRoot, 0, 0);
    }
    SECTION("32-bit paging") { guest.cpu.control = registersFor(PagingMode::Pae, userRoot); }
    SECTION("no RAM there") { guest.cpu.control.cr3 = 0x4000'0000'1000; }
    CHECK_FALSE(guest.half());
}
