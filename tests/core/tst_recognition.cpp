// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <cstring>

#include "core/linux/recognition.h"
#include "tests/core/tablebuilder.h"

using namespace pgtscope::tests;

namespace {

constexpr std::uint64_t pud = 0x2000, pmd = 0x3000, image = 0x2000000;

/// A kernel that is mapped from 0xffffffff80000000 + `slide` on by pages of 2 MiB, without symbols.
struct UnknownKernel : Guest {
    explicit UnknownKernel(std::uint64_t slide = 16 << 20)
        : Guest(PagingMode::Level4)
        , base(0xffffffff80000000 + slide)
    {
        set(0x1000, 511, pud | rw);
        set(pud, 510, pmd | rw);
        for (unsigned page = 0; page < 8; ++page)
            set(pmd, static_cast<unsigned>(slide >> 21) + page, (image + (page << 21)) | rw | bit::ps);
    }

    /// Writes a text at an offset in the image.
    void print(std::uint64_t offset, std::string_view text)
    {
        for (std::size_t at = 0; at < text.size(); at += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, text.data() + at, std::min<std::size_t>(8, text.size() - at));
            memory.write64(image + offset + at, word);
        }
    }

    std::optional<LinearAddress> banner(std::optional<LinearAddress> known = std::nullopt)
    {
        return findLinuxBanner(*capture(), memory, known);
    }

    LinearAddress base;
};

} // namespace

TEST_CASE("A Linux without symbols is known by its banner, wherever KASLR put it")
{
    UnknownKernel kernel(GENERATE(16ULL << 20, 0x2c600000ULL));
    CHECK_FALSE(kernel.banner());
    kernel.print((6 << 21) + 0x1c0, "Linux version 6.1.0-49-amd64 (debian-kernel@lists.debian.org)");
    const auto found = kernel.banner();
    CHECK(found == kernel.base + (6 << 21) + 0x1c0);
    kernel.memory.reads = 0;
    CHECK(kernel.banner(found) == found);
    CHECK(kernel.memory.reads == 4); // the tables of the capture, and the place that is known
}

TEST_CASE("A text that talks of Linux is no Linux")
{
    UnknownKernel kernel;
    kernel.print(0x200, "%s version %s (Linux version of the day)");
    CHECK_FALSE(kernel.banner());
    // Nor is one that no table maps.
    kernel.print(9 << 21, "Linux version 6.1.0");
    CHECK_FALSE(kernel.banner());
}

TEST_CASE("A kernel that was recognised and is gone is not recognised any more")
{
    UnknownKernel kernel;
    kernel.print(0x1c0, "Linux version 3.6.0 (root@host)");
    const auto found = kernel.banner();
    REQUIRE(found);
    kernel.print(0x1c0, "memtest memtest");
    CHECK_FALSE(kernel.banner(found));
    kernel.cpu.control = registersFor(PagingMode::Off, 0);
    CHECK_FALSE(kernel.banner(found));
}

TEST_CASE("A 32-bit Linux is recognised in its direct map")
{
    Guest kernel(PagingMode::Bits32);
    for (unsigned page = 0; page < 8; ++page)
        kernel.set(0x1000, 768 + page, (page << 22) | rw | bit::ps);
    CHECK_FALSE(findLinuxBanner(*kernel.capture(), kernel.memory));
    // Across a border of what is read at once.
    kernel.memory.write64(0x13ffff8, 0x65762078756e694c); // "Linux ve"
    kernel.memory.write64(0x1400000, 0x2e36206e6f697372); // "rsion 6."
    CHECK(findLinuxBanner(*kernel.capture(), kernel.memory) == LinearAddress(0xc13ffff8));
}
