// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/exercises/practiceguest.h"

#include <cstring>

namespace pgtscope::core {

namespace {

constexpr unsigned framesOfGiB = 1U << 18;
constexpr unsigned framesOf2MiB = 512;

/// RAM in which only the tables are not zero.
class TableMemory final : public PhysicalMemory {
public:
    explicit TableMemory(const std::map<FrameNumber, TablePage>& tables)
        : m_tables(tables)
        , m_ram({{PhysicalAddress(0), PhysicalAddress(2ULL << 30)}})
    {
    }

    Result<void> read(std::span<PhysicalRead> batch) override
    {
        for (PhysicalRead& read : batch) {
            // A capture reads tables, which are whole frames.
            const auto table = m_tables.find(frameOf(read.address));
            read.ok = read.address.value % frameBytes == 0 && read.bytes.size() == frameBytes;
            if (read.ok && table != m_tables.end())
                std::memcpy(read.bytes.data(), table->second.words.data(), frameBytes);
            else if (read.ok)
                std::memset(read.bytes.data(), 0, frameBytes);
        }
        return {};
    }
    const RamMap& ramMap() const override { return m_ram; }
    std::string name() const override { return "exercise"; }

private:
    const std::map<FrameNumber, TablePage>& m_tables;
    RamMap m_ram;
};

CpuState practiceCpu(FrameNumber root)
{
    CpuState cpu;
    cpu.control.cr0 = cr0Pe | cr0Wp | cr0Pg;
    cpu.control.cr3 = addressOf(root).value;
    cpu.control.cr4 = cr4Pae;
    cpu.control.efer = eferLme | eferLma | eferNxe;
    return cpu;
}

} // namespace

PracticeGuest::PracticeGuest(Dice& dice)
    : m_dice(dice)
    , m_root(newTable())
{
}

FrameNumber PracticeGuest::newFrame()
{
    for (;;)
        if (const FrameNumber frame(0x100 + m_dice.below(framesOfGiB - 0x100)); m_taken.insert(frame).second)
            return frame;
}

FrameNumber PracticeGuest::newLargeFrame()
{
    for (;;) {
        const unsigned which = m_dice.below(framesOfGiB / framesOf2MiB);
        if (const FrameNumber frame(framesOfGiB + which * framesOf2MiB); m_taken.insert(frame).second)
            return frame;
    }
}

FrameNumber PracticeGuest::newTable()
{
    const FrameNumber frame = newFrame();
    makeTable(frame);
    return frame;
}

unsigned PracticeGuest::freeIndex(FrameNumber table, unsigned first, unsigned last)
{
    for (;;)
        if (const unsigned index = first + m_dice.below(last - first); entry(table, index) == 0)
            return index;
}

unsigned PracticeGuest::put(
    FrameNumber table, FrameNumber frame, const MadeEntry& entry, unsigned first, unsigned last)
{
    const unsigned index = freeIndex(table, first, last);
    set(table, index, entry.raw(addressOf(frame)));
    return index;
}

SnapshotPtr PracticeGuest::capture(const std::vector<FrameNumber>& detached) const
{
    TableMemory memory(m_tables);
    CpuFeatures features;
    features.known = true;
    SnapshotBuilder builder(memory, practiceCpu(m_root), features);
    CaptureOptions options;
    for (const FrameNumber frame : detached)
        options.detached.push_back({addressOf(frame), 1});
    // This memory never fails.
    static_cast<void>(builder.captureTables(options));
    PageTableBuffer buffer;
    buffer.enforced = true;
    builder.setPgtBuf(buffer);
    return builder.finish();
}

MadeEntry randomTable(Dice& dice)
{
    MadeEntry entry{.accessed = true};
    entry.write = dice.percent(80);
    entry.user = dice.percent(60);
    entry.execute = !dice.percent(12);
    return entry;
}

MadeEntry randomPage(Dice& dice)
{
    MadeEntry entry;
    entry.write = dice.percent(60);
    entry.user = dice.percent(50);
    entry.execute = !dice.percent(40);
    entry.accessed = dice.percent(50);
    entry.global = dice.percent(30);
    return entry;
}

namespace {

/// One statement for each number: the order in which arguments are evaluated differs from compiler to
/// compiler.
void putPage(PracticeGuest& guest, Dice& dice, FrameNumber table)
{
    const FrameNumber frame = guest.newFrame();
    guest.put(table, frame, randomPage(dice));
}

void growDirectory(PracticeGuest& guest, Dice& dice, FrameNumber directory, PracticeTree& tree)
{
    const unsigned tables = 1 + dice.below(2);
    for (unsigned i = 0; i < tables; ++i) {
        const FrameNumber table = guest.newTable();
        guest.put(directory, table, randomTable(dice));
        tree.pageTables.push_back(table);
        const unsigned pages = 2 + dice.below(3);
        for (unsigned page = 0; page < pages; ++page)
            putPage(guest, dice, table);
    }
    if (dice.percent(50)) {
        const FrameNumber frame = guest.newLargeFrame();
        MadeEntry page = randomPage(dice);
        page.largePage = true;
        guest.put(directory, frame, page);
    }
}

} // namespace

PracticeTree growTree(PracticeGuest& guest, Dice& dice)
{
    PracticeTree tree;
    for (const unsigned half : {0U, 256U}) {
        const FrameNumber pointers = guest.newTable();
        const FrameNumber directory = guest.newTable();
        guest.put(guest.root(), pointers, randomTable(dice), half, half + 256);
        guest.put(pointers, directory, randomTable(dice));
        growDirectory(guest, dice, directory, tree);
    }
    return tree;
}

} // namespace pgtscope::core
