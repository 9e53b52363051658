// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/model/assembly.h"
#include "core/recording/recordingwriter.h"
#include "tests/core/tablebuilder.h"

namespace pgtscope::tests {

/// A guest that builds page tables at random, step by step: tables are filled detached, hooked, unhooked, and
/// single entries come and go. The same seed tells the same story.
class BootStory {
public:
    explicit BootStory(unsigned seed, PagingMode mode = PagingMode::Level4)
        : m_random(seed)
        , m_guest(mode)
        , m_paging(m_guest.cpu.control, m_guest.features)
    {
        m_tables.push_back({0x1000, m_paging.levels(), true});
        m_guest.linearRegions = {{"low", "Low", {LinearAddress(0), LinearAddress(1ULL << 30)}}};
    }

    /// Goes on to the next stop.
    std::pair<Step, SnapshotPtr> next()
    {
        Step step;
        step.cause = m_number == 0 ? StepCause::Start : StepCause::PgtBufChange;
        step.event = m_number % 5 == 0 ? "init_mem_mapping" : "";
        step.text = "stop " + std::to_string(m_number);
        step.time = m_number * 1'000'003ULL;
        if (m_number % 3 == 0)
            step.console = "line " + std::to_string(m_number) + "\n";
        step.findings = {{"xen-ro.violation", pick(4)}, {"w-x", 1}};
        const unsigned changes = m_number == 0 ? 12 : pick(4);
        for (unsigned i = 0; i < changes; ++i)
            change();
        m_guest.cpu.rip = LinearAddress(0xffffffff81000000 + pick(256));
        m_guest.cpu.smm = m_number % 6 == 4;
        m_guest.physicalRegions = {{"pgt_buf", "pgt_buf",
            {PhysicalAddress(0x10000), PhysicalAddress(0x10000 + m_number * frameBytes)}}};
        ++m_number;
        return {step, capture()};
    }

    SnapshotPtr capture()
    {
        CaptureOptions options;
        options.previous = m_previous.get();
        for (const Known& table : m_tables)
            if (!table.hooked)
                options.detached.push_back({PhysicalAddress(table.address), table.level});
        SnapshotBuilder builder(m_guest.memory, m_guest.cpu, m_guest.features);
        if (auto done = builder.captureTables(options); !done)
            throw std::runtime_error(done.error().message());
        builder.setLinearRegions(m_guest.linearRegions);
        builder.setPhysicalRegions(m_guest.physicalRegions);
        builder.setRipSymbol("alloc_low_pages+" + hexText(m_guest.cpu.rip.value & 0xff));
        PageTableBuffer buffer;
        buffer.trust = PgtBufTrust::Live;
        buffer.epochs = {{GuestFrame(0x10), GuestFrame(0x10 + m_number), GuestFrame(0x100), false}};
        builder.setPgtBuf(buffer);
        if (m_number % 7 == 3)
            builder.addGap("whose root it is at stop " + std::to_string(m_number));
        if (m_number % 5 > 2)
            builder.setOtherHalf(PhysicalAddress(0x2000));
        builder.setRodataOff(m_number % 4 == 1);
        return m_previous = builder.finish();
    }

    /// A store of one page's entry into a table of the last stop, as a recorder at write grain sees it.
    WriteStep nextWrite()
    {
        std::vector<Known> leaves;
        for (const Known& table : m_tables)
            if (table.level == 1 && m_previous
                && m_previous->find(PhysicalAddress(table.address), 1) != noTable)
                leaves.push_back(table);
        const Known& table = leaves[pick(static_cast<unsigned>(leaves.size()))];
        const unsigned index = pick(512);
        WriteStep write;
        write.step.cause = StepCause::TableWrite;
        write.step.time = m_number++ * 1'000'003ULL;
        write.step.cpu = m_guest.cpu;
        write.step.cpu.rip = LinearAddress(0xffffffff81000000 + pick(16));
        write.step.ripSymbol = "set_pte+" + hexText(write.step.cpu.rip.value & 0xff);
        write.change.address = PhysicalAddress(table.address + index * 8ULL);
        write.change.after = pageEntry();
        write.change.writer = EntryWriter{write.step.cpu.rip, write.step.ripSymbol, 8};
        m_guest.set(table.address, index, write.change.after);
        m_guest.cpu = write.step.cpu;
        return write;
    }

    unsigned pick(unsigned below) { return static_cast<unsigned>(m_random() % below); }
    Guest& guest() { return m_guest; }

private:
    struct Known {
        std::uint64_t address;
        unsigned level;
        bool hooked;
    };

    std::uint64_t pageEntry() { return (std::uint64_t{pick(4096)} << 12) | rw | (pick(3) == 0 ? nx : 0); }

    void change()
    {
        switch (pick(8)) {
        case 0:
        case 1:
            allocate();
            break;
        case 2:
            hook();
            break;
        case 3:
            fill();
            break;
        case 4:
            clear();
            break;
        default:
            store();
        }
    }

    void allocate()
    {
        if (m_tables.size() > 60)
            return;
        const Known table{0x10000 + m_tables.size() * frameBytes, 1 + pick(m_paging.levels() - 1), false};
        m_tables.push_back(table);
        m_guest.set(table.address, pick(4), table.level == 1 ? pageEntry() : 0);
    }

    void hook()
    {
        for (Known& table : m_tables) {
            if (table.hooked || pick(2) == 0)
                continue;
            for (const Known& parent : m_tables) {
                if (parent.level == table.level + 1) {
                    m_guest.set(parent.address, pick(entries(parent)), table.address | rw | bit::us);
                    table.hooked = true;
                    return;
                }
            }
        }
    }

    /// Enough entries to be recorded as a whole page.
    void fill()
    {
        for (const Known& table : m_tables) {
            if (table.level != 1 || pick(3) != 0)
                continue;
            const std::uint64_t base = std::uint64_t{pick(4096)} << 20;
            for (unsigned i = 0; i < 512; ++i)
                m_guest.set(table.address, i, base + i * frameBytes + rw);
            return;
        }
    }

    void clear()
    {
        Known& table = m_tables[pick(static_cast<unsigned>(m_tables.size()))];
        m_guest.set(table.address, pick(entries(table)), 0);
    }

    void store()
    {
        Known& table = m_tables[pick(static_cast<unsigned>(m_tables.size()))];
        if (table.level == 1)
            m_guest.set(table.address, pick(512), pageEntry());
    }

    unsigned entries(const Known& table) const { return m_paging.at(table.level).entries; }

    std::mt19937 m_random;
    Guest m_guest;
    Paging m_paging;
    std::vector<Known> m_tables;
    SnapshotPtr m_previous;
    std::uint64_t m_number = 0;
};

/// "" if the two are the same in every part, else the first part that differs.
inline std::string difference(const Snapshot& a, const Snapshot& b)
{
    if (a.tables().size() != b.tables().size())
        return "number of tables";
    for (std::size_t i = 0; i < a.tables().size(); ++i) {
        const Table& x = a.tables()[i];
        const Table& y = b.tables()[i];
        if (x.address != y.address || x.level != y.level || x.state != y.state || x.origin != y.origin)
            return "table " + std::to_string(i);
        if ((x.page == nullptr) != (y.page == nullptr) || (x.page && *x.page != *y.page))
            return "content of table " + std::to_string(i);
        if (b.find(y.address, y.level) != i)
            return "index of tables";
    }
    const SnapshotParts p1 = partsOf(a);
    const SnapshotParts p2 = partsOf(b);
    if (!(p1.cpu == p2.cpu) || !(p1.features == p2.features) || p1.root != p2.root)
        return "registers";
    if (!(p1.ramMap == p2.ramMap) || p1.channel != p2.channel || p1.truncated != p2.truncated)
        return "memory";
    if (p1.linearRegions != p2.linearRegions || p1.physicalRegions != p2.physicalRegions)
        return "regions";
    if (p1.ripSymbol != p2.ripSymbol || !(p1.pgtBuf == p2.pgtBuf))
        return "pgt_buf";
    if (p1.gaps != p2.gaps || p1.otherHalf != p2.otherHalf)
        return "gaps, or the other half";
    if (p1.rodataOff != p2.rodataOff)
        return "rodata=off";
    return a.tableFrames() == b.tableFrames() ? "" : "number of frames";
}

} // namespace pgtscope::tests
