// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "tests/core/tablebuilder.h"

using namespace pgtscope::tests;

namespace {

/// RAM that is mapped but for holes, and that counts how often it is asked where.
class StretchMemory : public FakeMemory {
public:
    struct Data {
        std::uint64_t first, end; ///< Frames.
    };
    explicit StretchMemory(std::vector<Data> data)
        : FakeMemory({{PhysicalAddress(0), PhysicalAddress(frames * frameBytes)}})
        , m_data(std::move(data))
        , m_bytes(frames * frameBytes)
    {
    }
    void write64(std::uint64_t address, std::uint64_t value)
    {
        std::memcpy(m_bytes.data() + address, &value, sizeof value);
    }
    const std::byte* mappedFrame(FrameNumber frame) const override
    {
        const auto bytes = mappedRange(addressOf(frame), frameBytes);
        return bytes.empty() ? nullptr : bytes.data();
    }
    std::span<const std::byte> mappedRange(PhysicalAddress begin, std::uint64_t bytes) const override
    {
        ++questions;
        for (const Data& data : m_data)
            if (data.first <= frameOf(begin).value && frameOf(begin).value < data.end)
                return std::span(m_bytes).subspan(
                    begin.value, std::min(bytes, data.end * frameBytes - begin.value));
        return {};
    }

    mutable unsigned questions = 0;

private:
    static constexpr std::uint64_t frames = 0x300;
    std::vector<Data> m_data;
    std::vector<std::byte> m_bytes;
};

Guest twoPages(bool mapped)
{
    Guest guest(PagingMode::Level4, mapped);
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x3000 | rw);
    guest.set(0x3000, 0, 0x4000 | rw);
    guest.set(0x3000, 1, 0x5000 | rw);
    guest.set(0x4000, 0, 0x10000 | rw);
    guest.set(0x5000, 0, 0x11000 | rw);
    return guest;
}

TablePagePtr pageAt(const Snapshot& snapshot, std::uint64_t address, unsigned level)
{
    const TableId id = snapshot.find(PhysicalAddress(address), level);
    return id == noTable ? nullptr : snapshot.table(id).page;
}

} // namespace

TEST_CASE("The root comes first, then level by level, each distinct table once")
{
    Guest guest = twoPages(GENERATE(false, true));
    guest.set(0x3000, 7, 0x4000 | rw);
    const auto snapshot = guest.capture();
    std::string text;
    for (const Table& table : snapshot->tables())
        text += hexText(table.address.value) + " L" + std::to_string(table.level) + "\n";
    CHECK(text == "0x1000 L4\n0x2000 L3\n0x3000 L2\n0x4000 L1\n0x5000 L1\n");
    CHECK(snapshot->tableFrames() == 5);
    CHECK_FALSE(snapshot->truncated());
}

TEST_CASE("A channel that is not mapped is asked once for each level")
{
    Guest guest = twoPages(false);
    guest.capture();
    CHECK(guest.memory.reads == 4);
}

TEST_CASE("Tables in mapped memory are read in place, a stretch of neighbours by one question")
{
    constexpr std::uint64_t leaves = 200;
    // The last tables first, and a hole in the file that backs RAM before each half of them.
    StretchMemory memory({{0x100, 0x100 + leaves / 2}, {0x200, 0x200 + leaves / 2}, {1, 4}});
    const auto frameOfLeaf = [](std::uint64_t i) {
        const std::uint64_t back = leaves - 1 - i;
        return back < leaves / 2 ? 0x100 + back : 0x200 + back - leaves / 2;
    };
    memory.write64(0x1000, 0x2000 | bit::p | bit::rw);
    memory.write64(0x2000, 0x3000 | bit::p | bit::rw);
    for (std::uint64_t i = 0; i < leaves; ++i) {
        memory.write64(0x3000 + i * 8, (frameOfLeaf(i) << frameShift) | bit::p | bit::rw);
        memory.write64((frameOfLeaf(i) << frameShift) + 8, i << frameShift | bit::p);
    }
    CpuState cpu;
    cpu.control = {cr0Pe | cr0Pg, 0, 0x1000, cr4Pae, eferLme | eferLma};
    const auto snapshot = captureSnapshot(memory, cpu, CpuFeatures{});
    REQUIRE(snapshot);
    REQUIRE((*snapshot)->tables().size() == 3 + leaves);
    for (std::uint64_t i = 0; i < leaves; ++i)
        CHECK((*snapshot)->table(static_cast<TableId>(3 + i)).page->words[1] == (i << frameShift | bit::p));
    CHECK(memory.questions < leaves / 4);
}

TEST_CASE("Paging off captures nothing and is no error")
{
    Guest guest(PagingMode::Off);
    const auto snapshot = guest.capture();
    CHECK(snapshot->tables().empty());
    CHECK(guest.memory.reads == 0);
}

TEST_CASE("A root outside RAM is a gap; nothing is read there")
{
    Guest guest = twoPages(false);
    guest.cpu.control.cr3 = 0xfee00000;
    const auto snapshot = guest.capture();
    REQUIRE(snapshot->tables().size() == 1);
    CHECK(snapshot->table(0).state == TableState::OutsideRam);
    CHECK(snapshot->table(0).page == nullptr);
    CHECK(guest.memory.reads == 0);
}

TEST_CASE("A root can be chosen by hand")
{
    Guest guest = twoPages(false);
    guest.cpu.control.cr3 = 0x20000000;
    CaptureOptions options;
    options.root = PhysicalAddress(0x1000);
    const auto snapshot = guest.capture(options);
    CHECK(snapshot->root().value == 0x1000);
    CHECK(snapshot->tables().size() == 5);
}

TEST_CASE("A root chosen by hand is masked as the processor masks CR3")
{
    Guest guest = twoPages(GENERATE(false, true));
    CaptureOptions options;
    // Nothing flushed (bit 63), LAM for user mode (61, 62), and a PCID with PWT and PCD in its place.
    const std::uint64_t extra = GENERATE(1ULL << 63, 1ULL << 62, 1ULL << 61, 0xfff, 0x8);
    options.root = PhysicalAddress(0x1000 | extra);
    const auto snapshot = guest.capture(options);
    CHECK(snapshot->root().value == 0x1000);
    CHECK(snapshot->tables().size() == 5);
}

TEST_CASE("Under PAE a root chosen by hand keeps bits 31 to 5")
{
    Guest guest(PagingMode::Pae);
    guest.set(0x10e0, 0, 0x2000 | p);
    CaptureOptions options;
    options.root = PhysicalAddress(0x10e0 | 0x18 | 1ULL << 32);
    const auto snapshot = guest.capture(options);
    CHECK(snapshot->root().value == 0x10e0);
    CHECK(snapshot->tables().size() == 2);
}

TEST_CASE("What cannot be read keeps its place and its reason, and the rest is there")
{
    Guest guest = twoPages(false);
    guest.memory.unreadable = {4};
    const auto snapshot = guest.capture();
    CHECK(snapshot->table(snapshot->find(PhysicalAddress(0x4000), 1)).state == TableState::Unreadable);
    CHECK(pageAt(*snapshot, 0x5000, 1) != nullptr);
    CHECK(snapshot->tableFrames() == 4);
}

TEST_CASE("A broken channel is an error, and so is a cancelled capture")
{
    Guest guest = twoPages(false);
    guest.memory.broken = true;
    CHECK(captureSnapshot(guest.memory, guest.cpu, guest.features).error().happened == "the channel broke");
    guest.memory.broken = false;
    CancelFlag cancel;
    cancel.cancel();
    CaptureOptions options;
    options.cancel = &cancel;
    CHECK(captureSnapshot(guest.memory, guest.cpu, guest.features, options).error().happened == "cancelled");
}

TEST_CASE("Unchanged pages are shared with the snapshot before, changed ones are not")
{
    Guest guest = twoPages(GENERATE(false, true));
    const auto before = guest.capture();
    guest.set(0x4000, 1, 0x12000 | rw);
    CaptureOptions options;
    options.previous = before.get();
    const auto after = guest.capture(options);
    for (const std::uint64_t address : {0x1000U, 0x2000U, 0x3000U, 0x5000U}) {
        const unsigned level = address < 0x4000 ? 5 - static_cast<unsigned>(address >> 12) : 1;
        CHECK(pageAt(*after, address, level) == pageAt(*before, address, level));
    }
    CHECK(pageAt(*after, 0x4000, 1) != pageAt(*before, 0x4000, 1));
    // The old snapshot keeps what it saw.
    CHECK(pageAt(*before, 0x4000, 1)->words[1] == 0);
    CHECK(pageAt(*after, 0x4000, 1)->words[1] == (0x12000 | rw));
}

TEST_CASE("One frame in several parts is several tables that share a page")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 511, 0x1000 | rw);
    const auto snapshot = guest.capture();
    CHECK(snapshot->tables().size() == 4);
    CHECK(snapshot->tableFrames() == 1);
    for (unsigned level = 1; level <= 4; ++level)
        CHECK(pageAt(*snapshot, 0x1000, level) == pageAt(*snapshot, 0x1000, 4));
    CHECK(guest.memory.reads == 1);
}

TEST_CASE("Two PAE root tables in one page are told apart by their address")
{
    Guest guest(PagingMode::Pae);
    guest.cpu.control.cr3 = 0x1020;
    guest.set(0x1000, 0, 0x2000 | p);
    guest.set(0x1020, 0, 0x3000 | p);
    guest.set(0x3000, 0, 0x00200000 | rw | bit::ps);
    const auto snapshot = guest.capture();
    CHECK(snapshot->root().value == 0x1020);
    CHECK(snapshot->find(PhysicalAddress(0x3000), 2) != noTable);
    CHECK(snapshot->find(PhysicalAddress(0x2000), 2) == noTable);
}

TEST_CASE("The limit of tables leaves the rest unread, and says so")
{
    Guest guest(PagingMode::Level4, GENERATE(false, true));
    guest.set(0x1000, 0, 0x2000 | rw);
    for (unsigned i = 0; i < 512; ++i)
        guest.set(0x2000, i, (0x100000 + i * 0x1000ULL) | rw);
    CaptureOptions options;
    options.maxTables = 10;
    const auto snapshot = guest.capture(options);
    CHECK(snapshot->truncated());
    CHECK(snapshot->tableFrames() == 10);
    CHECK(snapshot->tables().size() <= 50);
    RunOptions runs;
    std::uint64_t gaps = 0;
    forEachRun(*snapshot, runs, [&](const Run& run) {
        gaps += run.kind == RunKind::Gap && run.gap == TableState::OverLimit ? 1 : 0;
        return true;
    });
    CHECK(gaps == 512 - 8);
}

TEST_CASE("Detached tables come last, with what they reach; those the root reaches stay reachable")
{
    Guest guest = twoPages(false);
    guest.set(0x8000, 0, 0x9000 | rw);
    guest.set(0x8000, 1, 0x4000 | rw);
    CaptureOptions options;
    options.detached
        = {{PhysicalAddress(0x8000), 2}, {PhysicalAddress(0x3000), 2}, {PhysicalAddress(0x7000), 9}};
    const auto snapshot = guest.capture(options);
    std::string text;
    for (const Table& table : snapshot->tables().subspan(5))
        text += hexText(table.address.value) + " L" + std::to_string(table.level)
            + (table.origin == TableOrigin::Detached ? " detached\n" : " reachable\n");
    CHECK(text == "0x8000 L2 detached\n0x9000 L1 detached\n");
}

TEST_CASE("A detached table outside RAM or out of the mode's levels does no harm")
{
    Guest guest = twoPages(false);
    CaptureOptions options;
    options.detached = {{PhysicalAddress(0xfffffffff000), 1}, {PhysicalAddress(0x7000), 0}};
    const auto snapshot = guest.capture(options);
    CHECK(snapshot->tables().size() == 6);
    CHECK(snapshot->table(5).state == TableState::OutsideRam);
}
