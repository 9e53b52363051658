// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <QApplication>
#include <QDir>
#include <QTemporaryDir>
#include <QWidget>

#include "core/recording/recordingwriter.h"
#include "core/timeline/timeline.h"
#include "tests/core/tablebuilder.h"
#include "views/model/document.h"
#include "views/model/place.h"
#include "views/widgets/theme.h"

namespace pgtscope::tests {

/// A guest of 64 MiB whose kernel fills a page-table buffer high in memory, as Linux 3.0 did: each step takes
/// the next page of the buffer, maps it through an early_ioremap slot, and hooks the page before. The direct
/// map meets the buffer's own pages at step `mapsBufferAt`: those that are handed out by then are read-only,
/// three of those that are not are left writable, so that one becomes a violation two steps later.
struct BufferStory : Guest {
    static constexpr std::uint64_t directBase = 0xffff888000000000;
    static constexpr std::uint64_t textBase = 0xffffffff81000000;
    static constexpr std::uint64_t rootTable = 0x2a10000, slotTable = 0x2a13000;
    static constexpr std::uint64_t start = 0x3f00, top = 0x3f30;
    static constexpr unsigned steps = 14, mapsBufferAt = 7;

    BufferStory()
        : Guest(PagingMode::Level4)
    {
        memory = FakeMemory({{PhysicalAddress(0), PhysicalAddress(64ULL << 20)}});
        cpu.control = registersFor(PagingMode::Level4, rootTable);
        cpu.rip = LinearAddress(textBase + 0x1041);
        linearRegions = {
            {"direct_map", "Direct mapping", {LinearAddress(directBase), LinearAddress(0xffffc88000000000)}},
            {"kernel_text", "Kernel image",
                {LinearAddress(0xffffffff80000000), LinearAddress(0xffffffffa0000000)}},
            {"fixmap", "Fixmap", {LinearAddress(0xffffffffff200000), LinearAddress(0xffffffffff600000)}}};
        region("kernel_text", "kernel text", 0x1000000, 0x1600000);
        region("kernel_rodata", "kernel rodata", 0x1600000, 0x1a00000);
        region("kernel_data", "kernel data", 0x1a00000, 0x1e00000);
        region("kernel_brk", "kernel brk", 0x1e00000, 0x1e40000);
        region("initrd", "initrd", 0x2000000, 0x2400000);
        buildFixedTables();
        buffer.trust = PgtBufTrust::Live;
        buffer.bmPte = PhysicalAddress(slotTable);
        buffer.enforced = true;
        buffer.epochs = {{FrameNumber(start), FrameNumber(start), FrameNumber(top), false}};
    }

    /// Goes on to the next step.
    std::pair<Step, SnapshotPtr> next()
    {
        Step step;
        step.cause = m_step == 0 ? StepCause::Start : StepCause::PgtBufChange;
        step.event = m_step == 0 ? "init_mem_mapping" : "";
        step.text = m_step == 0 ? "init_mem_mapping" : "pgt_buf_end moves on";
        step.time = m_step * 1'000'000ULL;
        if (m_step != 0)
            takePage();
        if (m_step == mapsBufferAt)
            mapBuffer();
        ++m_step;
        return {step, captureStep()};
    }

    PageTableBuffer buffer;

private:
    void region(const char* name, const char* title, std::uint64_t begin, std::uint64_t end)
    {
        physicalRegions.push_back({name, title, {PhysicalAddress(begin), PhysicalAddress(end)}});
    }

    void buildFixedTables()
    {
        set(rootTable, 511, 0x2a11000 | rw);
        set(0x2a11000, 510, 0x2a12000 | rw);
        set(0x2a11000, 511, 0x2a14000 | rw);
        set(0x2a14000, 506, slotTable | rw);
        // Text, rodata, data; 2 MiB pages.
        constexpr std::uint64_t flags[] = {p, p, p, p | nx, p | nx, rw | nx, rw | nx, rw | nx};
        for (unsigned i = 0; i < 8; ++i)
            set(0x2a12000, 8 + i, (0x1000000ULL + i * 0x200000ULL) | flags[i] | bit::ps);
    }

    /// The buffer's first two pages are the direct map's PDPT and PD, the others are its page tables.
    void takePage()
    {
        PgtBufEpoch& epoch = buffer.epochs.back();
        const std::uint64_t page = epoch.end.value << 12;
        set(slotTable, 255, page | rw | nx);
        const std::uint64_t taken = epoch.end.value - start;
        if (taken == 0)
            set(rootTable, 273, page | rw);
        if (taken == 1)
            set(start << 12, 0, page | rw);
        if (taken >= 2)
            fill(page, slotOf(taken));
        if (taken >= 3)
            set((start + 1) << 12, slotOf(taken - 1), ((start + taken - 1) << 12) | rw);
        epoch.end = epoch.end + 1;
    }

    static unsigned slotOf(std::uint64_t taken) { return 31 - static_cast<unsigned>(taken - 2); }

    /// The slot that holds the buffer itself is left to mapBuffer().
    void fill(std::uint64_t page, unsigned slot)
    {
        for (unsigned i = 0; slot != 31 && i < 512; ++i)
            set(page, i, (std::uint64_t{slot} << 21) + (i << 12) + rw + nx);
    }

    void mapBuffer()
    {
        const std::uint64_t table = (start + 2) << 12;
        for (std::uint64_t frame = 0x3e00; frame < 0x4000; ++frame) {
            const bool handedOut = frame >= start && frame < buffer.epochs.back().end.value;
            const bool reserved = frame >= buffer.epochs.back().end.value && frame < top;
            const bool forgotten = reserved && (frame == start + 9 || frame % 16 == 4 || frame % 16 == 5);
            set(table, static_cast<unsigned>(frame & 511),
                (frame << 12) | (handedOut || (reserved && !forgotten) ? p : rw) | nx);
        }
    }

    SnapshotPtr captureStep()
    {
        CaptureOptions options;
        options.previous = m_previous.get();
        const PgtBufEpoch& epoch = buffer.epochs.back();
        if (epoch.start < epoch.end)
            options.detached.push_back({PhysicalAddress((epoch.end.value - 1) << 12), 1});
        SnapshotBuilder builder(memory, cpu, features);
        if (auto done = builder.captureTables(options); !done)
            throw std::runtime_error(done.error().message());
        builder.setLinearRegions(linearRegions);
        auto physical = physicalRegions;
        physical.push_back(
            {"pgt_buf", "pgt_buf", {PhysicalAddress(start << 12), PhysicalAddress(top << 12)}});
        builder.setPhysicalRegions(std::move(physical));
        builder.setRipSymbol("alloc_low_page+0x41");
        builder.setPgtBuf(buffer);
        return m_previous = builder.finish();
    }

    unsigned m_step = 0;
    SnapshotPtr m_previous;
};

/// What every test of a view needs: the story as a document, and a selection.
struct ViewFixture {
    explicit ViewFixture(const Annotations& annotations = {})
    {
        const std::string path = directory.filePath(QStringLiteral("story.pgtrec")).toStdString();
        auto writer = RecordingWriter::create(path, {});
        if (!writer)
            throw std::runtime_error(writer.error().message());
        BufferStory story;
        for (unsigned i = 0; i < BufferStory::steps; ++i) {
            const auto [step, snapshot] = story.next();
            if (auto done = (*writer)->append(step, snapshot); !done)
                throw std::runtime_error(done.error().message());
        }
        if (auto done = (*writer)->finish(); !done)
            throw std::runtime_error(done.error().message());
        auto timeline = Timeline::open(path);
        if (!timeline)
            throw std::runtime_error(timeline.error().message());
        if (!annotations.empty())
            if (auto done = (*timeline)->setAnnotations(annotations); !done)
                throw std::runtime_error(done.error().message());
        document.setTimeline(*timeline, false);
    }

    QTemporaryDir directory;
    views::Document document;
    views::Selection selection;
};

inline views::Place placeOf(FrameNumber frame)
{
    views::Place place;
    place.frame = frame;
    return place;
}

inline views::Place placeOf(LinearAddress address)
{
    views::Place place;
    place.linear = address;
    return place;
}

/// Writes NAME-dark.png and NAME-light.png below the build directory for a person to look at.
inline void photograph(QWidget& widget, const QString& name, QSize size = {})
{
    const QDir directory(QStringLiteral("screenshots"));
    directory.mkpath(QStringLiteral("."));
    if (size.isValid())
        widget.resize(size);
    for (const bool dark : {true, false}) {
        views::Theme::instance().apply(dark);
        widget.show();
        QApplication::processEvents();
        widget.grab().save(directory.filePath(name + (dark ? "-dark.png" : "-light.png")));
    }
    views::Theme::instance().apply(true);
}

} // namespace pgtscope::tests
