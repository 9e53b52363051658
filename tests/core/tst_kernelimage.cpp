// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <random>

#include "core/symbols/kernelimage.h"
#include "core/symbols/payload.h"
#include "tests/core/kernelfiles.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;

namespace {

const std::string weakBanner = "Linux version 6.1.0 (gcc) # SMP\n";
const std::string realBanner = "Linux version 6.1.0 (gcc) #1 SMP\n";

/// 64 KiB with text that compresses, and the two banners that kernels have since 6.1.
Bytes exampleContent()
{
    Bytes content(65536);
    for (std::size_t i = 0; i < content.size(); ++i) {
        content[i] = static_cast<std::byte>(i * i >> 7U);
    }
    for (const auto& [at, text] :
        {std::pair(1000, weakBanner), {5000, "Linux version %s"}, {9000, realBanner}}) {
        std::memcpy(content.data() + at, text.c_str(), text.size() + 1);
    }
    return content;
}

Bytes exampleVmlinux()
{
    VmlinuxBuilder<Elf64> builder;
    builder.content = exampleContent();
    builder.bssBytes = 8192;
    return builder.build();
}

std::string problemOf(const Result<KernelImage>& image) { return image ? "none" : image.error().message(); }

bool mentions(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("A payload of every supported compression is unpacked")
{
    const Bytes vmlinux = exampleVmlinux();
    const char* filter = GENERATE("bzip2", "xz", "lzma", "zstd");
    CAPTURE(filter);
    const auto image
        = KernelImage::fromBytes(bzImage(withSizeAppended(packed(vmlinux, filter), vmlinux.size())), "k");
    REQUIRE(problemOf(image) == "none");
    CHECK(image->kind() == KernelFileKind::BzImage);
    CHECK(Bytes(image->bytes().begin(), image->bytes().end()) == vmlinux);
    CHECK(image->pointerBytes() == 8);
    CHECK(image->alignment() == 0x200000);
}

TEST_CASE("gzip needs no size behind it, and a plain payload no unpacking")
{
    const Bytes vmlinux = exampleVmlinux();
    const auto zipped = KernelImage::fromBytes(bzImage(packed(vmlinux, "gzip")), "k");
    REQUIRE(problemOf(zipped) == "none");
    CHECK(Bytes(zipped->bytes().begin(), zipped->bytes().end()) == vmlinux);
    const auto plain = KernelImage::fromBytes(bzImage(vmlinux), "k");
    REQUIRE(problemOf(plain) == "none");
    CHECK(Bytes(plain->bytes().begin(), plain->bytes().end()) == vmlinux);
}

TEST_CASE("The legacy LZ4 frame is unpacked")
{
    const Bytes vmlinux = exampleVmlinux();
    const auto image
        = KernelImage::fromBytes(bzImage(withSizeAppended(packedLegacyLz4(vmlinux), vmlinux.size())), "k");
    REQUIRE(problemOf(image) == "none");
    CHECK(Bytes(image->bytes().begin(), image->bytes().end()) == vmlinux);
}

TEST_CASE("Relocations behind the ELF file do no harm")
{
    Bytes payload = exampleVmlinux();
    payload.resize(payload.size() + 5000, std::byte{0xa5});
    const auto image
        = KernelImage::fromBytes(bzImage(withSizeAppended(packed(payload, "xz"), payload.size())), "k");
    REQUIRE(problemOf(image) == "none");
    CHECK(image->segments().size() == 1);
}

TEST_CASE("LZO is refused by name, anything else as unknown")
{
    CHECK(mentions(problemOf(KernelImage::fromBytes(bzImage(bytesOf("\x89LZO and so on")), "k")), "LZO"));
    CHECK(mentions(problemOf(KernelImage::fromBytes(bzImage(bytesOf("who knows")), "k")), "not known"));
    CHECK(mentions(problemOf(KernelImage::fromBytes(bzImage({}), "k")), "not known"));
}

TEST_CASE("A payload that unpacks to more or less than it says is refused")
{
    const Bytes vmlinux = exampleVmlinux();
    const Bytes xz = packed(vmlinux, "xz");
    CHECK_FALSE(unpackPayload(withSizeAppended(xz, vmlinux.size() + 1)));
    CHECK(mentions(unpackPayload(withSizeAppended(xz, 0xffffffff)).error().happened, "more than any kernel"));
    CHECK(mentions(
        unpackPayload(packed(vmlinux, "gzip"), 1000).error().happened, "more bytes than any kernel"));
}

TEST_CASE("A boot image that is cut or too old is refused")
{
    Bytes file = bzImage(packed(exampleVmlinux(), "gzip"));
    CHECK(mentions(
        problemOf(KernelImage::fromBytes(Bytes(file.begin(), file.end() - 1), "k")), "beyond the end"));
    putAt<std::uint16_t>(file, 0x206, 0x207);
    CHECK(mentions(problemOf(KernelImage::fromBytes(file, "k")), "older than 2.08"));
}

TEST_CASE("A vmlinux on disk has the same content as one in memory")
{
    const TemporaryFile file(exampleVmlinux());
    const auto image = KernelImage::open(file.path());
    REQUIRE(problemOf(image) == "none");
    CHECK(image->kind() == KernelFileKind::Elf);
    REQUIRE(image->segments().size() == 1);
    CHECK(image->segments()[0].link == LinearAddress(0xffffffff81000000));
    CHECK(image->segments()[0].physical == PhysicalAddress(0x1000000));
    CHECK(image->segments()[0].memoryBytes == 65536 + 8192);
    CHECK_FALSE(image->hasDwarf());

    Bytes read(65536);
    REQUIRE(image->read(LinearAddress(0xffffffff81000000), read));
    CHECK(read == exampleContent());
}

TEST_CASE("Reads at link addresses end at the segment, and bss reads as zeros")
{
    const auto image = KernelImage::fromBytes(exampleVmlinux(), "vmlinux");
    REQUIRE(image);
    const Bytes content = exampleContent();
    Bytes four(4);
    REQUIRE(image->read(LinearAddress(0xffffffff81000100), four));
    CHECK(four == Bytes(content.begin() + 0x100, content.begin() + 0x104));
    REQUIRE(image->read(LinearAddress(0xffffffff8100fffe), four));
    CHECK(four == Bytes{content[65534], content[65535], std::byte{0}, std::byte{0}});
    CHECK(image->read(LinearAddress(0xffffffff81011ffc), four));
    CHECK(four == Bytes(4));
    CHECK_FALSE(image->read(LinearAddress(0xffffffff81011ffd), four));
    CHECK_FALSE(image->read(LinearAddress(0xffffffff80ffffff), four));
    CHECK_FALSE(image->read(LinearAddress(0), four));
}

TEST_CASE("The banner is the one at the symbol, or the last that ends like one")
{
    const auto image = KernelImage::fromBytes(exampleVmlinux(), "vmlinux");
    REQUIRE(image);
    const auto byText = image->banner(std::nullopt);
    REQUIRE(byText);
    CHECK(byText->text == realBanner);
    CHECK(byText->link == LinearAddress(0xffffffff81000000 + 9000));
    const auto bySymbol = image->banner(LinearAddress(0xffffffff81000000 + 1000));
    REQUIRE(bySymbol);
    CHECK(bySymbol->text == weakBanner);
    CHECK_FALSE(image->banner(LinearAddress(0xffffffff81000000 + 5000)));
    CHECK_FALSE(image->banner(LinearAddress(0x1000)));
}

TEST_CASE("A 32-bit vmlinux has 4-byte pointers, and DWARF is noticed")
{
    VmlinuxBuilder<Elf32> builder;
    builder.link = 0xc1000000;
    builder.content = exampleContent();
    builder.dwarf = true;
    const auto image = KernelImage::fromBytes(builder.build(), "vmlinux");
    REQUIRE(problemOf(image) == "none");
    CHECK(image->pointerBytes() == 4);
    CHECK(image->hasDwarf());
    CHECK(image->segments()[0].link == LinearAddress(0xc1000000));
}

TEST_CASE("An ELF file for another machine is refused")
{
    Bytes file = exampleVmlinux();
    putAt<std::uint16_t>(file, offsetof(Elf64_Ehdr, e_machine), EM_AARCH64);
    CHECK(mentions(problemOf(KernelImage::fromBytes(file, "k")), "not made for x86"));
}

TEST_CASE("Missing files and directories are named")
{
    CHECK(mentions(problemOf(KernelImage::open("/nonexistent/vmlinuz")), "/nonexistent/vmlinuz"));
    CHECK(mentions(problemOf(KernelImage::open("/")), "not a regular file"));
}

TEST_CASE("Damaged headers never lead outside the file")
{
    const Bytes vmlinux = exampleVmlinux();
    VmlinuxBuilder<Elf64> builder;
    builder.content = exampleContent();
    builder.dwarf = true;
    builder.add("_text", builder.link, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 1);
    const Bytes withSections = builder.build();
    const Bytes boot = bzImage(withSizeAppended(packed(vmlinux, "zstd"), vmlinux.size()));
    std::mt19937 random(2026);
    for (int round = 0; round < 1500; ++round) {
        Bytes file = round % 3 == 0 ? boot : withSections;
        const std::size_t tail = file.size() - 900;
        for (int i = 0; i < 6; ++i) {
            const std::size_t at = round % 2 == 0 ? random() % 1200 : tail + random() % 900;
            file[at] = static_cast<std::byte>(random());
        }
        const auto image = KernelImage::fromBytes(std::move(file), "damaged");
        if (image) {
            Bytes read(64);
            image->read(LinearAddress(0xffffffff81000000), read);
            image->banner(std::nullopt);
            image->banner(LinearAddress(0xffffffff81000000 + 9000));
            image->linkAddress(5000);
        }
    }
    SUCCEED("no sanitizer complaint and no crash");
}
