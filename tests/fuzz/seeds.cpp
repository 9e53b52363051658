// SPDX-License-Identifier: GPL-2.0-or-later
// Writes those seeds that no editor can: `fuzz_seeds tests/fuzz/corpus tests/app/recordings/*.pgtrec`. To be
// run when a format has changed, so that the fuzzers begin with what the program writes now.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/recording/compression.h"
#include "core/recording/database.h"
#include "core/recording/recordingwriter.h"
#include "core/recording/schema.h"
#include "core/recording/symbolstore.h"
#include "core/symbols/symbolcache.h"
#include "tests/core/bootstory.h"
#include "tests/core/kernelfiles.h"
#include "tests/core/xenguest.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, std::string_view kind, ByteView bytes)
{
    std::ofstream out(file, std::ios::binary);
    out << kind;
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// The first records of a recording, and its first keyframe, each after the digit of its format.
void dump(const fs::path& recording, const fs::path& into, const std::string& name)
{
    auto database = Database::open(recording, DatabaseUse::ReadAlone).value();
    const std::string format = std::to_string(formatOf(*database).value());
    const auto first = [&](const char* sql, const std::string& what) {
        auto query = database->prepare(sql).value();
        if (query.next().value())
            write(into / (name + what), format, decompress(query.bytes(1), query.number(0)).value());
    };
    first("SELECT bytes, data FROM step_chunks ORDER BY first LIMIT 1", "-steps");
    first("SELECT bytes, data FROM keyframes ORDER BY step LIMIT 1", "-keyframe");
}

template <class Next>
void record(const fs::path& into, const std::string& name, const Next& next)
{
    const fs::path file = into / (name + ".pgtrec");
    {
        auto writer = RecordingWriter::create(file, {}).value();
        for (int i = 0; i < 12; ++i) {
            const auto [step, snapshot] = next();
            (void)writer->append(step, snapshot).value();
        }
        (void)writer->finish();
    }
    dump(file, into, name);
    fs::remove(file);
}

void writeRecords(const fs::path& into)
{
    BootStory wide(7);
    record(into, "wide", [&] { return wide.next(); });
    BootStory pae(8, PagingMode::Pae);
    record(into, "pae", [&] { return pae.next(); });
    XenGuest xen;
    std::uint64_t at = 0x500;
    record(into, "xen", [&] {
        xen.give(++at, 0x8 + at, XenGuest::dom1Struct);
        xen.type(at, XenFrameType::L1, at % 2 == 0, at);
        return std::pair(Step{}, xen.captureWithXen());
    });
}

std::vector<Symbol> fewSymbols()
{
    return {{LinearAddress(0), "pcpu", 'A'}, {LinearAddress(0xffffffff81000000), "_text", 'T'},
        {LinearAddress(0xffffffff81000040), "init_mem_mapping", 't'}};
}

void writeCacheEntry(const fs::path& into)
{
    KernelSymbols symbols;
    symbols.text = LinearAddress(0xffffffff81000000);
    symbols.banner = KernelBanner{LinearAddress(0xffffffff82000000), "Linux version 6.1.0\n"};
    symbols.alignment = 0x200000;
    symbols.segments = {{*symbols.text, PhysicalAddress(0x1000000), 0x2000, 0x1000, 0x1000}};
    symbols.table = SymbolTable(fewSymbols());
    const auto packed = packKernelSymbols(symbols);
    constexpr std::size_t head = 24; // with the hash, which the target makes anew
    write(into / "few-symbols", std::string_view("\0", 1), ByteView(packed).subspan(head));
}

template <class Elf>
void writeKernels(const fs::path& into, const std::string& bits, std::uint64_t link)
{
    VmlinuxBuilder<Elf> builder;
    builder.link = link;
    builder.content = bytesOf(std::string("Linux version 6.1.0 #1\n\0", 24));
    builder.bssBytes = 64;
    write(into / ("stripped" + bits), "B", builder.build());
    builder.add("_text", link, STT_FUNC | STB_GLOBAL << 4, 1);
    builder.add("linux_banner", link, STT_OBJECT, 1);
    builder.add("percpu", 0, STB_WEAK << 4, SHN_ABS);
    builder.dwarf = true;
    write(into / ("symbols" + bits), "-", builder.build());
    write(into / ("package" + bits), "D", builder.build());
}

} // namespace

int main(int count, char** arguments)
{
    if (count < 2) {
        std::fputs("Usage: fuzz_seeds CORPUS [RECORDING...]\n", stderr);
        return 2;
    }
    const fs::path corpus = arguments[1];
    writeRecords(corpus / "records");
    for (int i = 2; i < count; ++i)
        dump(arguments[i], corpus / "records", fs::path(arguments[i]).stem());
    write(corpus / "records/symbols", "s", packSymbols(fewSymbols()));
    write(corpus / "records/page", "p", compressPage(TablePage{}));
    writeCacheEntry(corpus / "symbolcache");
    writeKernels<Elf64>(corpus / "kernelfile", "64", 0xffffffff81000000);
    writeKernels<Elf32>(corpus / "kernelfile", "32", 0xc1000000);
    write(corpus / "kernelfile/efi", "U",
        bytesOf("\x7f"
                "ELF"));
    return 0;
}
