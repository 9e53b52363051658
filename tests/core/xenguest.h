// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/model/xenlayout.h"
#include "core/xen/xenprobe.h"
#include "tablebuilder.h"

namespace pgtscope::tests {

/// A machine of 16 MiB under Xen: dom0's root at 0x1000 with Xen's own slots, dom0 owning the frames below
/// 0x400 (its own numbers begin at 0x1000), and dom1 a few above. A test maps and types what it wants.
struct XenGuest : Guest {
    static constexpr std::uint64_t frames = 4096, root = 0x1000, firstGuestFrame = 0x1000;
    static constexpr std::uint64_t dom0Struct = 0x800, dom1Struct = 0x801;
    static constexpr std::uint64_t machineToPhysicalAt = 0x900000, frameTableAt = 0xa00000;

    explicit XenGuest(bool mapped = false)
        : Guest(PagingMode::Level4, mapped)
    {
        memory = FakeMemory({{PhysicalAddress(0), PhysicalAddress(frames * frameBytes)}}, mapped);
        cpu.cs = 0xe033;
        cpu.rip = LinearAddress(0xffffffff81000000);
        for (std::uint64_t offset = 0; offset < frames * 8; offset += frameBytes)
            map(xen::machineToPhysical.value + offset, machineToPhysicalAt + offset, p | bit::us | nx);
        for (std::uint64_t offset = 0; offset < frames * xen::frameInfoBytes; offset += frameBytes)
            map(xen::frameTable.value + offset, frameTableAt + offset, rw | nx);
        for (std::uint64_t frame = 0; frame < frames; ++frame) {
            memory.write64(machineToPhysicalAt + frame * 8, ~std::uint64_t{0});
            if (frame < 16)
                map(xen::directMap.value + frame * frameBytes, frame * frameBytes, rw | nx);
        }
        set(root, xen::linearTablesSlot, root | rw | nx);
        memory.write64(dom1Struct * frameBytes, 1);
        for (std::uint64_t frame = 1; frame < 0x400; ++frame)
            give(frame, firstGuestFrame + frame, dom0Struct);
        give(0x500, 0x7, dom1Struct);
        type(1, XenFrameType::L4, true, 2);
    }

    /// Maps a 4 KiB page; tables that are missing come from Xen's frames, or dom0's for dom0's half.
    void map(std::uint64_t linear, std::uint64_t target, std::uint64_t flags)
    {
        std::uint64_t table = root;
        for (unsigned shift = 39; shift > 12; shift -= 9) {
            const auto index = static_cast<unsigned>(linear >> shift & 511);
            auto& next = m_tables[{table, index}];
            if (next == 0) {
                const bool xens = (linear >> 39 & 511) >= 256 && (linear >> 39 & 511) < 272;
                next = (xens ? m_nextXen++ : m_nextGuest++) * frameBytes;
                const std::uint64_t user = xens && (linear >> 39 & 511) != 256 ? 0 : bit::us;
                const std::uint64_t write = (linear >> 39 & 511) == 256 ? 0 : bit::rw;
                set(table, index, next | p | user | write);
                if (!xens)
                    type(next / frameBytes, static_cast<XenFrameType>((shift - 12) / 9), false, 1);
            }
            table = next;
        }
        set(table, static_cast<unsigned>(linear >> 12 & 511), target | flags);
    }

    void give(std::uint64_t machine, std::uint64_t guest, std::uint64_t owner)
    {
        memory.write64(machineToPhysicalAt + machine * 8, guest);
        memory.write64(info(machine) + xen::countInfo, xen::allocated | 1);
        memory.write32(info(machine) + xen::ownerFrame, static_cast<std::uint32_t>(owner));
    }
    void type(std::uint64_t machine, XenFrameType type, bool pinned, std::uint64_t uses)
    {
        memory.write64(info(machine) + xen::typeInfo,
            std::uint64_t{static_cast<unsigned>(type)} << xen::typeShift | (pinned ? xen::pinned : 0)
                | xen::validated | uses);
    }
    static std::uint64_t info(std::uint64_t machine) { return frameTableAt + machine * xen::frameInfoBytes; }

    std::shared_ptr<XenState> probe(const XenProbeOptions& options = {})
    {
        auto found = probeXen(memory, cpu, features, options);
        if (!found)
            throw std::runtime_error(found.error().message());
        return *found;
    }

    /// As a live session captures: what Xen has as tables counts, whether a root leads to it or not.
    SnapshotPtr captureWithXen()
    {
        const auto state = probe();
        SnapshotBuilder builder(memory, cpu, features);
        builder.setXen(state);
        CaptureOptions options;
        if (state) {
            options.root = state->root;
            for (const XenTable& table : state->tables)
                options.detached.push_back({addressOf(table.frame), table.level()});
            std::ranges::stable_sort(options.detached, std::greater<>(), &DetachedRoot::level);
        }
        if (auto done = builder.captureTables(options); !done)
            throw std::runtime_error(done.error().message());
        PageTableBuffer buffer;
        buffer.enforced = state != nullptr;
        builder.setPgtBuf(buffer);
        builder.setLinearRegions(linearRegions);
        builder.setPhysicalRegions(physicalRegions);
        return builder.finish();
    }

private:
    std::map<std::pair<std::uint64_t, unsigned>, std::uint64_t> m_tables;
    std::uint64_t m_nextXen = 0xc00;
    std::uint64_t m_nextGuest = 0x10;
};

} // namespace pgtscope::tests
