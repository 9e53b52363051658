// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/nestedmemory.h"

#include "tests/core/tablebuilder.h"
#include "tests/support/catch.h"

using namespace pgtscope::tests;

namespace {

/// Nested tables of a host: a guest's first 4 KiB pages are the machine's 0x9000, nothing, 0x7000 and a
/// device, and the second 2 MiB are those from 0x400000 on.
Guest nestedTables()
{
    Guest host(PagingMode::Level4, true);
    host.set(0x1000, 0, 0x2000 | rwu);
    host.set(0x2000, 0, 0x3000 | rwu);
    host.set(0x3000, 0, 0x4000 | rwu);
    host.set(0x3000, 1, 0x400000 | rwu | bit::ps);
    host.set(0x4000, 0, 0x9000 | rwu);
    host.set(0x4000, 2, 0x7000 | rwu);
    host.set(0x4000, 3, 0xfee00000 | rwu);
    return host;
}

} // namespace

TEST_CASE("A nested guest's memory is read page by page through its host's tables")
{
    Guest host = nestedTables();
    host.memory.write64(0x9ff8, 1);
    host.memory.write64(0x7000, 3);
    host.memory.write64(0x400010, 4);
    NestedMemory memory(host.memory, host.capture());
    CHECK(memory.name() == "test, through nested tables at 0x1000");
    CHECK(memory.fast() == host.memory.fast());
    CHECK(memory.tables()->root().value == 0x1000);

    std::array<std::uint64_t, 3> words{};
    std::array<std::uint64_t, 2> across{};
    const auto bytesOf = [](auto& value) { return std::as_writable_bytes(std::span(&value, 1)); };
    std::vector<PhysicalRead> batch{{PhysicalAddress(0xff8), bytesOf(words[0])},
        {PhysicalAddress(0x2000), bytesOf(words[1])}, {PhysicalAddress(0x200010), bytesOf(words[2])},
        {PhysicalAddress(0xff8), bytesOf(across)}, {PhysicalAddress(0x3000), bytesOf(across)}};
    REQUIRE(memory.read(batch));
    CHECK(words == std::array<std::uint64_t, 3>{1, 3, 4});
    CHECK((batch[0].ok && batch[1].ok && batch[2].ok));
    CHECK_FALSE(batch[3].ok); // its second page is not mapped
    CHECK_FALSE(batch[4].ok); // no RAM
    std::vector<PhysicalRead> nowhere{{PhysicalAddress(0x1000), bytesOf(words[0])}};
    REQUIRE(memory.read(nowhere));
    CHECK_FALSE(nowhere[0].ok);

    host.memory.broken = true;
    CHECK_FALSE(memory.read(batch));
    CHECK_FALSE(batch[0].ok);
}

TEST_CASE("A nested guest's RAM is what its host's tables map to the machine's")
{
    Guest host = nestedTables();
    const NestedMemory memory(host.memory, host.capture());
    const auto& ranges = memory.ramMap().ranges();
    REQUIRE(ranges.size() == 3);
    CHECK(ranges[0].begin.value == 0);
    CHECK(ranges[1].begin.value == 0x2000);
    CHECK(ranges[1].end.value == 0x3000);
    CHECK(ranges[2].begin.value == 0x200000);
    CHECK(memory.readable(PhysicalAddress(0x10), 0xff0));
    CHECK_FALSE(memory.readable(PhysicalAddress(0x10), 0x1000));
    CHECK_FALSE(memory.readable(PhysicalAddress(0x3000), 8));
    CHECK(memory.readable(PhysicalAddress(0x1000), 0));
    CHECK(memory.mappedFrame(FrameNumber(2)) == host.memory.mappedFrame(FrameNumber(7)));
    CHECK(memory.mappedFrame(FrameNumber(1)) == nullptr);
}

TEST_CASE("An address of a nested guest's is the machine's where no nested tables are between them")
{
    Guest host = nestedTables();
    const SnapshotPtr tables = host.capture();
    CHECK(machineAddress(*tables, PhysicalAddress(0x2010)) == PhysicalAddress(0x2010));
    NestedMemory memory(host.memory, tables);
    Guest guest(PagingMode::Level4);
    guest.cpu.control.cr3 = 0;
    SnapshotBuilder builder(memory, guest.cpu, guest.features);
    REQUIRE(builder.captureTables({}));
    builder.setNested(tables);
    const SnapshotPtr snapshot = builder.finish();
    CHECK(machineAddress(*snapshot, PhysicalAddress(0x2010)) == PhysicalAddress(0x7010));
    CHECK_FALSE(machineAddress(*snapshot, PhysicalAddress(0x1010)));
}

TEST_CASE("A host's table that cannot be read has no RAM of the guest's, and a read that meets it ends there")
{
    Guest host = nestedTables();
    host.set(0x3000, 2, 0x7f'0000'0000 | rwu); // where no memory is
    host.set(0x4000, 1, 0x5000 | rwu);
    host.set(0x4000, 3, 0);
    NestedMemory memory(host.memory, host.capture());
    CHECK(memory.ramMap().ranges().size() == 2);
    CHECK_FALSE(memory.readable(PhysicalAddress(0x400000), 8));
    CHECK_FALSE(memory.readable(PhysicalAddress(0x2ff8), 0x10));
    // Page by page, up to the one that is missing: nothing beyond it is asked for.
    std::vector<std::byte> bytes(5 * frameBytes);
    std::vector<PhysicalRead> batch{{PhysicalAddress(0x1000), bytes}};
    REQUIRE(memory.read(batch));
    CHECK_FALSE(batch[0].ok);
    host.memory.write64(0x5000, 9);
    batch[0].bytes = std::span(bytes).first(frameBytes + 8);
    REQUIRE(memory.read(batch));
    CHECK(batch[0].ok);
    CHECK(bytes[0] == std::byte{9});
}

TEST_CASE("A stretch of a nested guest's memory is readable if each of its pages is")
{
    Guest host = nestedTables();
    const NestedMemory memory(host.memory, host.capture());
    for (std::uint64_t begin = 0; begin < 4 * frameBytes; begin += 0x1f8)
        for (const std::uint64_t bytes : {1U, 8U, 0x208U, 0x1000U, 0x1008U, 0x2000U, 0x3000U}) {
            bool every = true;
            for (std::uint64_t page = begin / frameBytes; page <= (begin + bytes - 1) / frameBytes; ++page)
                every = every && (page == 0 || page == 2);
            INFO(begin << ' ' << bytes);
            CHECK(memory.readable(PhysicalAddress(begin), bytes) == every);
        }
}

TEST_CASE("A host's table that serves at two places gives its guest RAM at both")
{
    Guest host = nestedTables();
    host.set(0x3000, 3, 0x4000 | rwu);
    const NestedMemory memory(host.memory, host.capture());
    CHECK(memory.ramMap().ranges().size() == 5);
    CHECK(memory.ramMap().contains(PhysicalAddress(0x602000), 0x1000));
    CHECK_FALSE(memory.ramMap().contains(PhysicalAddress(0x601000), 0x1000));
}
