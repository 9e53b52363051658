// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <cstdlib>
#include <iostream>

#include "core/symbols/elfsymbols.h"
#include "core/symbols/kaslr.h"
#include "core/symbols/symbolsource.h"
#include "tests/core/kallsymsencoder.h"
#include "tests/core/kernelfiles.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;

namespace {

constexpr unsigned char globalFunction = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
constexpr unsigned char localObject = ELF64_ST_INFO(STB_LOCAL, STT_OBJECT);

template <class Elf>
VmlinuxBuilder<Elf> kernelWithTables(std::uint64_t link, unsigned pointerBytes, KallsymsAddresses form)
{
    VmlinuxBuilder<Elf> builder;
    builder.link = link;
    builder.content
        = KallsymsEncoder({pointerBytes, form, true, true, 4}).image(kernelLikeSymbols(1500, pointerBytes));
    append(builder.content, "\0Linux version 6.12 (gcc) #1 SMP\n\0", 35);
    return builder;
}

std::string typesOf(const std::vector<Symbol>& symbols)
{
    std::string text;
    for (const Symbol& symbol : symbols) {
        text += symbol.name + '=' + symbol.type + ' ';
    }
    return text;
}

} // namespace

TEST_CASE("ELF symbols get nm's letters; sections, files and undefined ones are left out")
{
    VmlinuxBuilder<Elf64> builder;
    builder.content = Bytes(256);
    builder.bssBytes = 4096;
    builder.add("_text", builder.link, globalFunction, 1);
    builder.add("helper", builder.link + 16, ELF64_ST_INFO(STB_LOCAL, STT_FUNC), 1);
    builder.add("weak", builder.link + 32, ELF64_ST_INFO(STB_WEAK, STT_FUNC), 1);
    builder.add("zeroed", builder.link + 4096, localObject, 2);
    builder.add("constant", 42, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), SHN_ABS);
    builder.add("elsewhere", 0, globalFunction, SHN_UNDEF);
    builder.add("main.c", 0, ELF64_ST_INFO(STB_LOCAL, STT_FILE), SHN_ABS);
    builder.add("", builder.link, globalFunction, 1);
    const Bytes file = builder.build();
    const auto elf = ElfFile::fromMemory(file, "vmlinux");
    REQUIRE(elf);
    const auto symbols = readElfSymbols(*elf, "vmlinux");
    REQUIRE(symbols);
    CHECK(typesOf(*symbols) == "_text=T helper=t weak=W zeroed=b constant=A ");
    CHECK(symbols->front().address == LinearAddress(builder.link));
}

TEST_CASE("A vmlinux with a symbol table is read from that, and is what gdb gets")
{
    auto builder = kernelWithTables<Elf64>(0xffffffff81000000, 8, KallsymsAddresses::AbsolutePerCpu);
    builder.dwarf = true;
    builder.add("_text", builder.link, globalFunction, 1);
    builder.add("only_here", builder.link + 64, globalFunction, 1);
    const TemporaryFile file(builder.build());
    const auto kernel = loadKernelSymbols(file.path());
    REQUIRE(kernel);
    CHECK(kernel->origin == SymbolOrigin::ElfSymbols);
    CHECK(kernel->table.find("only_here") == LinearAddress(0xffffffff81000040));
    CHECK(kernel->gdbFile == file.path());
    CHECK(kernel->hasDwarf);
    REQUIRE(kernel->banner);
    CHECK(kernel->banner->text == "Linux version 6.12 (gcc) #1 SMP\n");
}

TEST_CASE("A stripped vmlinux is read from its kallsyms")
{
    const auto builder = kernelWithTables<Elf64>(0xffffffff81000000, 8, KallsymsAddresses::AbsolutePerCpu);
    const TemporaryFile file(builder.build());
    const auto kernel = loadKernelSymbols(file.path());
    REQUIRE(kernel);
    CHECK(kernel->origin == SymbolOrigin::Kallsyms);
    CHECK(kernel->table.size() == 1500);
    CHECK(kernel->text == LinearAddress(0xffffffff81000000));
    CHECK_FALSE(kernel->hasDwarf);
}

TEST_CASE("A 32-bit bzImage gives symbols, banner, step and no file for gdb")
{
    const auto vmlinux = kernelWithTables<Elf32>(0xc1000000, 4, KallsymsAddresses::Relative).build();
    const TemporaryFile file(bzImage(packed(vmlinux, "gzip")));
    const auto kernel = loadKernelSymbols(file.path());
    REQUIRE(kernel);
    CHECK(kernel->pointerBytes == 4);
    CHECK(kernel->table.find("_text") == LinearAddress(0xc1000000));
    CHECK(kernel->alignment == 0x200000);
    CHECK(kernel->gdbFile.empty());
    REQUIRE(kernel->banner);
    CHECK(slideCluesOf(*kernel));
}

TEST_CASE("Raw bytes give symbols, but neither addresses of bytes nor a banner")
{
    const auto raw = KallsymsEncoder({}).image(kernelLikeSymbols(1500, 8));
    const TemporaryFile file(raw);
    const auto kernel = loadKernelSymbols(file.path());
    REQUIRE(kernel);
    CHECK(kernel->table.size() == 1500);
    CHECK(kernel->segments.empty());
    CHECK_FALSE(kernel->banner);
}

TEST_CASE("A System.map is told from its first line")
{
    const TemporaryFile file(bytesOf("c0001000 A constant\nc1000000 T _text\nc1000100 D init_mm\n"));
    const auto kernel = loadKernelSymbols(file.path());
    REQUIRE(kernel);
    CHECK(kernel->origin == SymbolOrigin::SystemMap);
    CHECK(kernel->pointerBytes == 4);
    CHECK(kernel->text == LinearAddress(0xc1000000));
    CHECK_FALSE(slideCluesOf(*kernel));
}

TEST_CASE("A kernel is read out of what it is packed in")
{
    const Bytes vmlinux
        = kernelWithTables<Elf64>(0xffffffff81000000, 8, KallsymsAddresses::AbsolutePerCpu).build();
    const Bytes boot = bzImage(packed(vmlinux, "gzip"));
    const auto [what, content] = GENERATE_COPY(table<std::string, Bytes>({
        {"vmlinux.gz", packed(vmlinux, "gzip")},
        {"vmlinux.xz", packed(vmlinux, "xz")},
        {"vmlinux.zst", packed(vmlinux, "zstd")},
        {"vmlinux.lz4", packed(vmlinux, "lz4")},
        {"vmlinux.lz4, legacy", packedLegacyLz4(vmlinux)},
        {"vmlinux.bz2", packed(vmlinux, "bzip2")},
        {"UKI", unifiedKernelImage(boot)},
        {"UKI, packed", packed(unifiedKernelImage(boot), "xz")},
        {"deb", debPackage("boot/vmlinuz-6.12", boot)},
        {"deb since 7.2", debPackage("usr/lib/modules/7.3.4/vmlinuz", boot)},
        {"deb with DWARF", debPackage("usr/lib/debug/boot/vmlinux-6.12", vmlinux)},
    }));
    INFO(what);
    const TemporaryFile file(content);
    const auto kernel = loadKernelSymbols(file.path());
    REQUIRE((kernel ? "" : kernel.error().message()) == "");
    CHECK(kernel->table.size() == 1500);
    CHECK(kernel->text == LinearAddress(0xffffffff81000000));
    CHECK(kernel->path == file.path());
    CHECK(kernel->gdbFile.empty());
    CHECK(kernel->banner);
}

TEST_CASE("A packed vmlinux with a symbol table is read from that, a packed System.map as text")
{
    auto builder = kernelWithTables<Elf64>(0xffffffff81000000, 8, KallsymsAddresses::AbsolutePerCpu);
    builder.add("only_here", builder.link + 64, globalFunction, 1);
    const TemporaryFile vmlinux(packed(builder.build(), "zstd"));
    const auto kernel = loadKernelSymbols(vmlinux.path());
    REQUIRE(kernel);
    CHECK(kernel->origin == SymbolOrigin::ElfSymbols);
    CHECK(kernel->table.find("only_here") == LinearAddress(0xffffffff81000040));

    const TemporaryFile map(packed(bytesOf("c1000000 T _text\nc1000100 D init_mm\n"), "gzip"));
    const auto symbols = loadKernelSymbols(map.path());
    REQUIRE(symbols);
    CHECK(symbols->origin == SymbolOrigin::SystemMap);
}

TEST_CASE("Linux 7 stores addresses relative to their own place: an image knows where that is")
{
    VmlinuxBuilder<Elf64> builder;
    const auto all = kernelLikeSymbols(1540, 8);
    const std::vector<Symbol> symbols(all.begin() + 40, all.end());
    builder.content = KallsymsEncoder(KallsymsShape::placeRelative(8)).image(symbols);
    const TemporaryFile file(bzImage(packed(builder.build(), "gzip")));
    const auto kernel = loadKernelSymbols(file.path());
    REQUIRE(kernel);
    CHECK(kernel->table.size() == 1500);
    CHECK(kernel->table.find("_text") == LinearAddress(0xffffffff81000000));
}

TEST_CASE("A kernel whose symbols cannot be decoded is still a kernel, and says why it has no names")
{
    VmlinuxBuilder<Elf64> builder;
    builder.content = Bytes(65536);
    append(builder.content, "\0Linux version 6.12 (gcc) #1 SMP\n\0", 35);
    const Bytes vmlinux = builder.build();
    const TemporaryFile stripped(GENERATE_COPY(0, 1) == 0 ? vmlinux : bzImage(packed(vmlinux, "gzip")));
    const auto kernel = loadKernelFile(stripped.path());
    REQUIRE(kernel);
    CHECK(kernel->table.empty());
    REQUIRE(kernel->undecoded);
    CHECK(kernel->undecoded->message().find(stripped.path()) != std::string::npos);
    CHECK(kernel->banner);
    CHECK(kernel->segments.size() == 1);
    const auto symbols = loadKernelSymbols(stripped.path());
    REQUIRE_FALSE(symbols);
    CHECK(symbols.error() == *kernel->undecoded);
}

TEST_CASE("A file that is no kernel is refused with its name and what it is")
{
    Bytes module = kernelWithTables<Elf64>(0, 8, KallsymsAddresses::Relative).build();
    putAt<std::uint16_t>(module, offsetof(Elf64_Ehdr, e_type), ET_REL);
    const auto [content, what] = GENERATE_COPY(table<Bytes, std::string>({
        {bytesOf("#!/bin/sh\necho no kernel\n"), "it is a script"},
        {bytesOf("Dear kernel,\nwhere are you?\n"), "it is a text file, but no System.map"},
        {bytesOf("070701and so on"), "an initramfs"},
        {packed(bytesOf("070701and so on"), "gzip"), "an initramfs"},
        {bytesOf(std::string("SQLite format 3\0and so on", 25)), "perhaps a recording of pgtscope"},
        {bytesOf("PK\x03\x04 zipped"), "it is a ZIP archive"},
        {module, "it is a kernel module or another object file"},
        {unifiedKernelImage({}), "an EFI or Windows program without a kernel inside"},
        {debPackage("usr/bin/ls", bytesOf("x")), "the package holds no kernel image"},
        {Bytes(), "it is empty"},
    }));
    INFO(what);
    const TemporaryFile file(content);
    const auto kernel = loadKernelFile(file.path());
    REQUIRE_FALSE(kernel);
    CHECK(kernel.error().message().find(file.path()) != std::string::npos);
    CHECK(kernel.error().message().find(what) != std::string::npos);
}

TEST_CASE("Distribution kernels give the symbols that page-table work needs")
{
    const char* directory = std::getenv("PGTSCOPE_TEST_KERNELS");
    if (directory == nullptr) {
        std::cout << "SKIPPED: PGTSCOPE_TEST_KERNELS does not name a directory of bzImages\n";
        return;
    }
    std::size_t seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        INFO(entry.path().string());
        const auto kernel = loadKernelSymbols(entry.path().string());
        REQUIRE(kernel);
        ++seen;
        CHECK(kernel->table.size() > 20000);
        CHECK(kernel->table.find("_text") == kernel->text);
        CHECK(kernel->segments.size() >= 2);
        CHECK(kernel->alignment >= 0x200000);
        CHECK(kernel->table.find("alloc_low_pages"));
        CHECK(kernel->table.find("init_mem_mapping"));
        REQUIRE(kernel->banner);
        CHECK(kernel->banner->text.find(" #1 ") != std::string::npos);
        if (kernel->pointerBytes == 8) {
            for (const char* name :
                {"pgt_buf_end", "pgt_buf_top", "__brk_early_pgt_alloc", "init_top_pgt", "linux_banner"}) {
                INFO(name);
                CHECK(kernel->table.find(name));
            }
        }
    }
    CHECK(seen > 0);
}
