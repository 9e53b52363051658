// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <nlohmann/json.hpp>

#include "core/filter/fields.h"
#include "core/report/aliasformat.h"
#include "core/report/runwriter.h"
#include "core/report/translationformat.h"
#include "core/walk/framemappings.h"
#include "tests/core/tablebuilder.h"

using namespace pgtscope::tests;

namespace {

std::string written(const Snapshot& snapshot, RunFormat format, RunWriterOptions options = {})
{
    std::ostringstream out;
    writeRuns(*makeRunWriter(format, snapshot, out, options), snapshot, runOptions(format, options));
    return out.str();
}

LinearRegion region(std::string name, std::string title, std::uint64_t begin, std::uint64_t end)
{
    return {std::move(name), std::move(title), {LinearAddress(begin), LinearAddress(end)}};
}

/// Something of everything, in 4-level paging.
Guest mixed()
{
    Guest guest(PagingMode::Level4);
    guest.features.physicalAddressBits = 40;
    guest.set(0x1000, 0, 0x2000 | rwu);
    guest.set(0x2000, 0, 0x3000 | rwu);
    guest.set(0x3000, 0, 0x4000 | rw);
    guest.set(0x3000, 1, 0x00400000 | rw | bit::ps | bit::g | bit::a | bit::d | bit::patLarge | nx);
    guest.set(0x3000, 2, 0x4000 | rw);
    guest.set(0x3000, 3, 0x90000000 | rw);
    guest.set(0x4000, 0, 0x10000 | rwu | bit::a | bit::d);
    guest.set(0x4000, 1, 0x12000 | rwu | bit::a);
    guest.set(0x4000, 3, 0x13000 | p | bit::pcd | bit::pwt | bit::patSmall | nx);
    guest.set(0x4000, 4, 0x14000 | p | 1ULL << 44);
    guest.linearRegions = {region("user", "User Space", 0, 0x3000)};
    return guest;
}

template <class Writer>
std::string text(Writer writer)
{
    std::ostringstream out;
    writer(out);
    return out.str();
}

} // namespace

TEST_CASE("text: ptdump's columns, markers, effective rights with a note where the leaf's own differ")
{
    Guest guest = mixed();
    CHECK(written(*guest.capture(), RunFormat::Text)
        == "---[ User Space ]---\n"
           "0x0000000000000000-0x0000000000002000           8K     RW                     x  pte  (entry "
           "itself: USR)\n"
           "---[ no region ]---\n"
           "0x0000000000003000-0x0000000000004000           4K     ro PWT PCD     PAT     NX pte\n"
           "0x0000000000004000-0x0000000000005000           4K reserved bits 0x100000000000 are set: every "
           "access "
           "faults, pte entry 0x0000100000014001 at 0x4020\n"
           "0x0000000000200000-0x0000000000400000           2M     RW         PSE PAT GLB NX pmd\n"
           "0x0000000000400000-0x0000000000600000           2M same tables as 0x0000000000000000, 1 entry "
           "pmd\n"
           "0x0000000000600000-0x0000000000800000           2M table at 0x90000000 outside RAM, pmd entry "
           "0x0000000090000003 at 0x3018\n");
}

TEST_CASE("text with physical addresses joins only what is contiguous")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 511, 0x2000 | rw);
    guest.set(0x2000, 510, 0x40000000 | rw | bit::ps);
    guest.set(0x2000, 511, 0xc0000000 | rw | bit::ps);
    const auto snapshot = guest.capture();
    CHECK(written(*snapshot, RunFormat::Text)
        == "0xffffffff80000000-0x0000000000000000           2G     RW         PSE         x  pud\n");
    CHECK(written(*snapshot, RunFormat::Text, {.physical = true})
        == "0xffffffff80000000-0xffffffffc0000000           1G     RW         PSE         x  pud -> "
           "0x000040000000\n"
           "0xffffffffc0000000-0x0000000000000000           1G     RW         PSE         x  pud -> "
           "0x0000c0000000\n");
}

TEST_CASE("text: 32-bit modes print eight digits, and the kernel's name of a 4 MiB page")
{
    Guest guest(PagingMode::Bits32);
    guest.set(0x1000, 1023, 0x00400000 | rwu | bit::ps);
    CHECK(written(*guest.capture(), RunFormat::Text)
        == "0xffc00000-0x00000000           4M USR RW         PSE         x  pmd\n");
}

TEST_CASE("Paging off and a root that cannot be read are said, not shown as nothing")
{
    Guest off(PagingMode::Off);
    CHECK(written(*off.capture(), RunFormat::Text)
        == "Paging is off: linear addresses are physical addresses.\n");
    CHECK(written(*off.capture(), RunFormat::Tlb) == "PG disabled\n");
    Guest lost(PagingMode::Level4);
    lost.cpu.control.cr3 = 0xfee00000;
    CHECK(written(*lost.capture(), RunFormat::Text).find("0xfee00000 is outside RAM") != std::string::npos);
    const auto json = nlohmann::json::parse(written(*lost.capture(), RunFormat::Json));
    CHECK(json["root_gap"] == "outside RAM");
    CHECK(json["runs"].empty());
}

TEST_CASE("tlb: a line a page with the leaf's own flags, shared tables expanded, as QEMU prints them")
{
    Guest guest = mixed();
    CHECK(written(*guest.capture(), RunFormat::Tlb)
        == "0000000000000000: 0000000000010000 ---DA--UW\n"
           "0000000000001000: 0000000000012000 ----A--UW\n"
           "0000000000003000: 0000000000013000 X----CT--\n"
           "0000000000004000: 0000100000014000 ---------\n"
           "0000000000200000: 0000000000400000 XGPDA---W\n"
           "0000000000400000: 0000000000010000 ---DA--UW\n"
           "0000000000401000: 0000000000012000 ----A--UW\n"
           "0000000000403000: 0000000000013000 X----CT--\n"
           "0000000000404000: 0000100000014000 ---------\n");
}

TEST_CASE("tlb: 16 digits in 32-bit modes too, the whole address under PSE-36")
{
    Guest guest(PagingMode::Bits32);
    guest.set(0x1000, 1023, 0x00400000 | 2U << 13 | rw | bit::ps);
    CHECK(written(*guest.capture(), RunFormat::Tlb) == "00000000ffc00000: 0000000200400000 --P-----W\n");
}

TEST_CASE("tlb: entries with reserved bits are listed with their whole address, as QEMU lists them")
{
    Guest guest(PagingMode::Level4);
    guest.features.physicalAddressBits = 40;
    guest.features.page1Gb = false;
    guest.set(0x1000, 0, 0x2000 | rwu);
    guest.set(0x2000, 0, 0x3000 | rwu);
    guest.set(0x2000, 1, 0x80000000 | rw | bit::ps);
    guest.set(0x3000, 0, 0x4000 | rwu);
    guest.set(0x3000, 1, 0x00600000 | 1ULL << 13 | rw | bit::ps);
    guest.set(0x4000, 1, 0x10000 | rw | 1ULL << 45);
    guest.set(0x4000, 2, 0x11000 | rw | 1ULL << 45);
    CHECK(written(*guest.capture(), RunFormat::Tlb)
        == "0000000000001000: 0000200000010000 --------W\n"
           "0000000000002000: 0000200000011000 --------W\n"
           "0000000000200000: 0000000000600000 --P-----W\n"
           "0000000040000000: 0000000080000000 --P-----W\n");
}

TEST_CASE("tlb: what is below an entry with reserved bits is listed where it was captured, as QEMU lists it")
{
    Guest guest(PagingMode::Level4);
    guest.features.physicalAddressBits = 40;
    guest.set(0x1000, 0, 0x2000 | rwu | bit::ps); // PS is reserved in a PML4E.
    guest.set(0x2000, 0, 0x3000 | rwu | 1ULL << 51); // info tlb has no such bit of an address
    guest.set(0x3000, 0, 0x4000 | rwu | 1ULL << 45); // and finds no RAM there
    guest.set(0x3000, 1, 0x00600000 | rw | bit::ps);
    CaptureOptions options;
    CHECK(written(*guest.capture(options), RunFormat::Tlb).empty());
    options.asInfoTlb = true;
    CHECK(
        written(*guest.capture(options), RunFormat::Tlb) == "0000000000200000: 0000000000600000 --P-----W\n");
    // The processor reaches nothing of it.
    CHECK(written(*guest.capture(options), RunFormat::Text).find("every access faults, pgd entry")
        != std::string::npos);
}

TEST_CASE("text: a region within a large page is named beside it, and no header is printed twice")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x3000 | rw);
    guest.set(0x3000, 0, 0x000000 | rw | bit::ps);
    guest.set(0x3000, 1, 0x200000 | rw | bit::ps | nx);
    guest.linearRegions
        = {region("lower-half", "Lower half", 0, 0x100000), region("kernel", "Image", 0x100000, 0x104000),
            region("lower-half", "Lower half", 0x104000, 0x800000000000)};
    CHECK(written(*guest.capture(), RunFormat::Text)
        == "---[ Lower half ]---\n"
           "0x0000000000000000-0x0000000000200000           2M     RW         PSE         x  pmd  (Image "
           "from "
           "0x0000000000100000)\n"
           "0x0000000000200000-0x0000000000400000           2M     RW         PSE         NX pmd\n");
}

TEST_CASE("json: every field of a run, addresses as text, null where a field means nothing")
{
    Guest guest = mixed();
    const auto json = nlohmann::json::parse(written(*guest.capture(), RunFormat::Json));
    CHECK(json["format"] == "pgtscope.runs");
    CHECK(json["paging"] == "4-level");
    CHECK(json["root"] == "0x1000");
    CHECK(json["end"] == "complete");
    CHECK(json["truncated"] == false);
    REQUIRE(json["runs"].size() == 7);
    for (const auto& run : json["runs"])
        for (const FieldInfo& field : fields())
            CHECK(run.contains(std::string(field.name)) == field.inRuns);
    const auto& first = json["runs"][0];
    CHECK(first["va"] == "0x0");
    CHECK(first["bytes"] == 4096);
    CHECK(first["pfn"] == "0x10");
    CHECK(first["entry"] == "0x4000");
    CHECK(first["user"] == true);
    CHECK(first["eff.user"] == false);
    CHECK(first["region"] == "user");
    CHECK(first["same_as"].is_null());
    const auto& shared = json["runs"][5];
    CHECK(shared["kind"] == "shared");
    CHECK(shared["same_as"] == "0x0");
    CHECK(shared["rw"].is_null());
    CHECK(json["runs"][3]["reserved"] == "0x100000000000");
    CHECK(json["runs"][6]["gap"] == "outside RAM");
}

TEST_CASE("json survives names with quotes and broken UTF-8")
{
    Guest guest = mixed();
    guest.linearRegions = {region("a\"b\n\xff", "t", 0, 0x3000)};
    const auto json = nlohmann::json::parse(written(*guest.capture(), RunFormat::Json));
    CHECK(json["runs"][0]["region"].get<std::string>().substr(0, 4) == "a\"b\n");
}

TEST_CASE("csv: as many cells as columns in every line, quoted where needed")
{
    Guest guest = mixed();
    guest.linearRegions = {region("a,\"b\"", "t", 0, 0x3000)};
    std::istringstream lines(written(*guest.capture(), RunFormat::Csv));
    std::string header;
    std::getline(lines, header);
    CHECK(header.substr(0, 29) == "kind,va,end,bytes,entries,pa,");
    const auto commas = std::count(header.begin(), header.end(), ',');
    std::string line;
    std::getline(lines, line);
    CHECK(line.find(",\"a,\"\"b\"\"\",") != std::string::npos);
    CHECK(std::count(line.begin(), line.end(), ',') == commas + 1);
    unsigned count = 1;
    for (; std::getline(lines, line) && line.find('"') == std::string::npos; ++count)
        CHECK(std::count(line.begin(), line.end(), ',') == commas);
    CHECK(count >= 1);
}

TEST_CASE("A stream that fails stops the walk")
{
    Guest guest = mixed();
    const auto snapshot = guest.capture();
    for (const RunFormat format : {RunFormat::Text, RunFormat::Json, RunFormat::Csv}) {
        std::ostringstream out;
        out.setstate(std::ios::badbit);
        auto writer = makeRunWriter(format, *snapshot, out);
        CHECK(writeRuns(*writer, *snapshot, runOptions(format)) == RunsEnd::SinkStopped);
    }
}

TEST_CASE("Limits are told at the end")
{
    Guest guest = mixed();
    const auto snapshot = guest.capture();
    std::ostringstream out;
    RunOptions options = runOptions(RunFormat::Text);
    options.maxRuns = 1;
    writeRuns(*makeRunWriter(RunFormat::Text, *snapshot, out), *snapshot, options);
    CHECK(out.str().find("... more runs were left out") != std::string::npos);
    std::ostringstream json;
    writeRuns(*makeRunWriter(RunFormat::Json, *snapshot, json), *snapshot, options);
    CHECK(nlohmann::json::parse(json.str())["end"] == "limit");
}

TEST_CASE("A translation as text: levels, bits in words, rights so far, each access")
{
    Guest guest = mixed();
    guest.set(0x4000, 0, 0x10000 | rwu | bit::a | bit::d);
    const auto snapshot = guest.capture();
    const auto print = [&](std::uint64_t address, Dialect dialect) {
        return text([&](std::ostream& out) {
            writeTranslationText(out, *snapshot, translate(*snapshot, LinearAddress(address)), dialect);
        });
    };
    CHECK(print(0x123, Dialect::Intel)
        == "linear 0x123, 4-level paging, root 0x1000\n"
           "PML4E [0] at 0x000001000: 0x0000000000002007  RW user\n"
           "         -> table 0x2000, effective so far: RW user X\n"
           "PDPTE [0] at 0x000002000: 0x0000000000003007  RW user\n"
           "         -> table 0x3000, effective so far: RW user X\n"
           "PDE   [0] at 0x000003000: 0x0000000000004003  RW sup\n"
           "         -> table 0x4000, effective so far: RW sup X\n"
           "PTE   [0] at 0x000004000: 0x0000000000010067  RW user A D PAT=0\n"
           "         -> page 0x10000 (4K), effective so far: RW sup X\n"
           "0x123 -> physical 0x10123, 4K page, effective: RW sup X\n"
           "  read  at CPL 0: succeeds\n"
           "  write at CPL 0: succeeds\n"
           "  fetch at CPL 0: succeeds\n"
           "  read  at CPL 3: #PF(0x5: protection violation, user)\n"
           "  write at CPL 3: #PF(0x7: protection violation, write, user)\n"
           "  fetch at CPL 3: #PF(0x15: protection violation, fetch, user)\n");
    CHECK(print(0x123, Dialect::Kernel).find("PGD   [0]") != std::string::npos);
    CHECK(print(0x123, Dialect::Xen).find("L4    [0]") != std::string::npos);
    CHECK(print(0x4000, Dialect::Intel).find("reserved and set: bit 44\n") != std::string::npos);
    CHECK(print(0x4000, Dialect::Intel).find("write at CPL 3: #PF(0xf: reserved bit set, write, user)")
        != std::string::npos);
    CHECK(print(0x600000, Dialect::Intel).find("is unknown: the next table is outside RAM")
        != std::string::npos);
    CHECK(print(0x5000, Dialect::Intel).find("0x5000 is not mapped\n") != std::string::npos);
    CHECK(print(0x800000000000, Dialect::Intel).find("every access is #GP(0)") != std::string::npos);
}

TEST_CASE("A translation as json")
{
    Guest guest = mixed();
    const auto snapshot = guest.capture();
    const auto json = [&](std::uint64_t address) {
        return nlohmann::json::parse(text([&](std::ostream& out) {
            writeTranslationJson(
                out, *snapshot, translate(*snapshot, LinearAddress(address)), Dialect::Kernel);
        }));
    };
    const auto mapped = json(0x212345);
    CHECK(mapped["outcome"] == "mapped");
    CHECK(mapped["pa"] == "0x412345");
    CHECK(mapped["size"] == 2'097'152);
    CHECK(mapped["levels"].size() == 3);
    CHECK(mapped["levels"][2]["name"] == "PMD");
    CHECK(mapped["faults"]["read_cpl0"].is_null());
    CHECK(mapped["faults"]["fetch_cpl0"] == 0x11);
    CHECK(json(0x5000)["outcome"] == "not-present");
    CHECK(json(0x5000)["faults"]["write_cpl3"] == 6);
    CHECK(json(0x800000000000)["outcome"] == "not-canonical");
    CHECK(json(0x600000)["gap"] == "outside RAM");
}

TEST_CASE("Bits and fault codes in words")
{
    CHECK(bitPositionsText(1ULL << 51) == "bit 51");
    CHECK(bitPositionsText(1ULL << 63 | 0x2001) == "bits 63, 13, 0");
    CHECK(pageFaultText(0) == "#PF(0x0: not present, supervisor)");
    CHECK(pageFaultText(0x14) == "#PF(0x14: not present, fetch, user)");
    const Paging pae(registersFor(PagingMode::Pae, 0), {});
    CHECK(entryBitsText(pae, pae.decode(3, 0x1001)) == "present");
    CHECK(entryBitsText(pae, pae.decode(3, 0x1000)) == "not present (the other bits belong to software)");
    CHECK(entryBitsText(pae, pae.decode(2, 0x2000e3 | bit::g | nx)) == "RW sup A D PS G PAT=0 NX");
}

TEST_CASE("Aliases: shared tables by count and first address")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 256, 0x2000 | rw);
    for (unsigned i = 0; i < 512; ++i)
        guest.set(0x2000, i, 0x3000 | rw);
    for (unsigned i = 0; i < 128; ++i)
        guest.set(0x3000, i, 0x4000 | rw | nx);
    guest.set(0x4000, 2, 0x9000 | rwu);
    guest.set(0x1000, 0, 0x5000 | rwu);
    guest.set(0x5000, 0, 0x00000000 | rwu | bit::ps);
    const auto snapshot = guest.capture();
    const auto reached = reachedTables(*snapshot);
    const auto found = FrameMappings(*snapshot, reached, {FrameNumber(9)}).aliases(FrameNumber(9), 100);
    CHECK(text([&](std::ostream& out) {
        writeAliasesText(out, *snapshot, FrameNumber(9), found, Dialect::Intel);
    })
        == "frame:0x9 at physical 0x9000: 2 entries map it\n"
           "  RW user X   1G  PDPTE at 0x000005000  0x0000000000009000\n"
           "  RW sup NX   4K  PTE at 0x000004010  reached at 65,536 linear addresses, the first "
           "0xffff800000002000\n");
    const auto json = nlohmann::json::parse(text(
        [&](std::ostream& out) { writeAliasesJson(out, *snapshot, FrameNumber(9), found, Dialect::Xen); }));
    CHECK(json["aliases"].size() == 2);
    CHECK(json["aliases"][1]["paths"] == 65'536);
    CHECK(json["aliases"][1]["name"] == "L1");
    CHECK(json["aliases"][1]["eff.nx"] == true);
    const std::string csv
        = text([&](std::ostream& out) { writeAliasesCsv(out, *snapshot, FrameNumber(9), found); });
    CHECK(
        csv.find("0x9,0xffff800000002000,65536,0,1,4096,0x4010,0x9007,1,1,0,1,0,1,\n") != std::string::npos);
}

TEST_CASE("Aliases: nothing, and detached tables")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x8000, 0, 0x9000 | rw);
    CaptureOptions options;
    options.detached = {{PhysicalAddress(0x8000), 1}};
    const auto snapshot = guest.capture(options);
    const auto reached = reachedTables(*snapshot);
    const FrameMappings found(*snapshot, reached, {FrameNumber(9), FrameNumber(7)});
    const auto print = [&](std::uint64_t frame) {
        return text([&](std::ostream& out) {
            writeAliasesText(
                out, *snapshot, FrameNumber(frame), found.aliases(FrameNumber(frame), 100), Dialect::Intel);
        });
    };
    CHECK(print(7) == "frame:0x7 at physical 0x7000: not mapped\n");
    CHECK(print(9).find("1 entry maps it") != std::string::npos);
    CHECK(print(9).find("in a detached table: no linear address yet") != std::string::npos);
}

TEST_CASE("Aliases: a frame is not said to be unmapped while a table could not be read")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x7000'0000'0000 | rw);
    guest.features.physicalAddressBits = 52;
    const auto snapshot = guest.capture();
    CHECK(
        text([&](std::ostream& out) { writeAliasesText(out, *snapshot, FrameNumber(9), {}, Dialect::Intel); })
        == "frame:0x9 at physical 0x9000: not mapped in what could be read\n"
           "incomplete: the table at pa:0x700000000000 of level 3 was not read: outside RAM\n");
    const auto json = nlohmann::json::parse(text(
        [&](std::ostream& out) { writeAliasesJson(out, *snapshot, FrameNumber(9), {}, Dialect::Intel); }));
    CHECK(json["gaps"].size() == 1);
}

TEST_CASE("Fields: names are found, unique, and spelled in lower case")
{
    for (const FieldInfo& field : fields()) {
        CHECK(findField(field.name) == &field);
        CHECK(field.name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ ") == std::string_view::npos);
        CHECK_FALSE(field.meaning.empty());
    }
    CHECK(findField("nope") == nullptr);
}
