// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/linux/pageisolation.h"
#include "core/timeline/timeline.h"
#include "tablebuilder.h"

namespace pgtscope::tests {

/// A process under KPTI, stopped in user mode: a page of its own, the kernel's in one half only.
struct IsolatedGuest : Guest {
    static constexpr std::uint64_t kernelRoot = 0x4000, userRoot = 0x5000;

    IsolatedGuest()
        : Guest(PagingMode::Level4)
    {
        cpu.cs = 0x33;
        cpu.control.cr3 = userRoot | 0x800 | 1ULL << 63; // PCID of the user half, no flush
        set(userRoot, 0, 0x10000 | rwu);
        set(kernelRoot, 0, 0x10000 | rwu | nx | bit::a);
        set(userRoot, 508, 0x11000 | rw); // cpu_entry_area
        set(kernelRoot, 508, 0x12000 | rw);
        set(kernelRoot, 511, 0x13000 | rw);
    }
    std::optional<PhysicalAddress> half() { return kernelHalf(memory, cpu, features).value(); }

    /// From the kernel's root, with what the other leads to.
    SnapshotPtr both()
    {
        SnapshotBuilder builder(memory, cpu, features);
        CaptureOptions options;
        options.root = PhysicalAddress(kernelRoot);
        if (!builder.captureTables(options) || !builder.captureOtherHalf(PhysicalAddress(userRoot), options))
            throw std::runtime_error("capture failed");
        return builder.finish();
    }
};

/// A recording with a step for each snapshot.
inline void record(const std::string& file, const std::vector<SnapshotPtr>& snapshots)
{
    auto writer = RecordingWriter::create(file, {}).value();
    for (const SnapshotPtr& snapshot : snapshots)
        if (!writer->append({}, snapshot))
            throw std::runtime_error("append failed");
    if (!writer->finish())
        throw std::runtime_error("finish failed");
}

} // namespace pgtscope::tests
