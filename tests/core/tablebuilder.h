// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/numbers.h"
#include "core/base/physicalmemory.h"
#include "core/model/capture.h"
#include "core/walk/runs.h"

namespace pgtscope::tests {

using namespace pgtscope::core;

/// Guest memory that holds only the frames that a test wrote; the rest of RAM reads as zeros. With `mapped`
/// it offers its frames in place, as a shared memory backend does.
class FakeMemory : public PhysicalMemory {
public:
    explicit FakeMemory(std::vector<PhysicalRange> ram, bool mapped = false)
        : m_ram(std::move(ram))
        , m_mapped(mapped)
    {
    }

    Result<void> read(std::span<PhysicalRead> batch) override
    {
        ++reads;
        if (broken)
            return failure("read guest memory", "the channel broke");
        for (PhysicalRead& read : batch) {
            read.ok = m_ram.contains(read.address, read.bytes.size())
                && !unreadable.contains(frameOf(read.address).value);
            if (read.ok)
                copy(read);
        }
        return {};
    }

    const std::byte* mappedFrame(FrameNumber frame) const override
    {
        return m_mapped ? m_frames.try_emplace(frame.value).first->second.data() : nullptr;
    }
    const RamMap& ramMap() const override { return m_ram; }
    std::string name() const override { return "test"; }

    void write64(std::uint64_t address, std::uint64_t value) { write(address, &value, sizeof value); }
    void write32(std::uint64_t address, std::uint32_t value) { write(address, &value, sizeof value); }

    std::set<std::uint64_t> unreadable; ///< Frame numbers.
    bool broken = false;
    unsigned reads = 0; ///< Batches so far.

private:
    struct alignas(frameBytes) Frame : std::array<std::byte, frameBytes> {
        Frame() { fill(std::byte{0}); }
    };

    void write(std::uint64_t address, const void* value, std::size_t bytes)
    {
        std::memcpy(m_frames[address / frameBytes].data() + address % frameBytes, value, bytes);
    }
    void copy(PhysicalRead& read) const
    {
        for (std::size_t done = 0; done < read.bytes.size();) {
            const std::uint64_t address = read.address.value + done;
            const std::size_t offset = address % frameBytes;
            const auto part
                = read.bytes.subspan(done).first(std::min(read.bytes.size() - done, frameBytes - offset));
            const auto found = m_frames.find(address / frameBytes);
            if (found == m_frames.end())
                std::ranges::fill(part, std::byte{0});
            else
                std::ranges::copy(std::span(found->second).subspan(offset, part.size()), part.begin());
            done += part.size();
        }
    }

    RamMap m_ram;
    bool m_mapped;
    mutable std::map<std::uint64_t, Frame> m_frames;
};

inline ControlRegisters registersFor(PagingMode mode, std::uint64_t cr3)
{
    ControlRegisters control;
    control.cr0 = cr0Pe | cr0Wp | (mode == PagingMode::Off ? 0 : cr0Pg);
    control.cr3 = cr3;
    switch (mode) {
    case PagingMode::Off:
        break;
    case PagingMode::Bits32:
        control.cr4 = cr4Pse;
        break;
    case PagingMode::Pae:
        control.cr4 = cr4Pae;
        control.efer = eferNxe;
        break;
    case PagingMode::Level4:
    case PagingMode::Level5:
        control.cr4 = cr4Pae | (mode == PagingMode::Level5 ? cr4La57 : 0);
        control.efer = eferLme | eferLma | eferNxe;
        break;
    }
    return control;
}

/// A guest with hand-made tables: 1 GiB of RAM, root at 0x1000 unless CR3 says otherwise.
struct Guest {
    explicit Guest(PagingMode mode, bool mapped = false)
        : memory({{PhysicalAddress(0), PhysicalAddress(1ULL << 30)}}, mapped)
    {
        cpu.control = registersFor(mode, 0x1000);
        features.known = true;
    }

    /// Entry `index` of the table at `table`.
    void set(std::uint64_t table, unsigned index, std::uint64_t raw)
    {
        if (Paging(cpu.control, features).entryBytes() == 8)
            memory.write64(table + index * 8ULL, raw);
        else
            memory.write32(table + index * 4ULL, static_cast<std::uint32_t>(raw));
    }

    SnapshotPtr capture(const CaptureOptions& options = {})
    {
        SnapshotBuilder builder(memory, cpu, features);
        if (auto done = builder.captureTables(options); !done)
            throw std::runtime_error(done.error().message());
        builder.setLinearRegions(linearRegions);
        builder.setPhysicalRegions(physicalRegions);
        return builder.finish();
    }

    FakeMemory memory;
    CpuState cpu;
    CpuFeatures features;
    std::vector<LinearRegion> linearRegions;
    std::vector<PhysicalRegion> physicalRegions;
};

/// One line a run: "0x400000+8K pmd->pa RW..." in a form that tests compare as text:
/// `BEGIN SIZE LEVEL rights -> PHYSICAL` and what is special about the kind.
inline std::string runText(const Run& run)
{
    std::ostringstream out;
    out << hexText(run.begin.value) << ' ' << (run.bytes == 0 ? "16E" : sizeText(run.bytes)) << " L"
        << unsigned{run.first.level};
    switch (run.kind) {
    case RunKind::Mapping:
        out << (run.rights.write ? " rw" : " ro") << (run.rights.user ? " user" : " sup")
            << (run.rights.execute ? " x" : " nx") << " -> " << hexText(run.physical.value);
        break;
    case RunKind::SharedTable:
        out << " same as " << hexText(run.sameAs.value) << " x" << run.entries;
        break;
    case RunKind::Reserved:
        out << " reserved " << hexText(run.first.reserved);
        break;
    case RunKind::Gap:
        out << " gap: " << stateText(run.gap);
        break;
    }
    if (run.region)
        out << " [" << run.region->name << ']';
    return out.str();
}

inline std::string runsText(const Snapshot& snapshot, const RunOptions& options = {})
{
    std::string text;
    forEachRun(snapshot, options, [&](const Run& run) {
        text += runText(run) + '\n';
        return true;
    });
    return text;
}

/// Bits that most entries of a test have.
inline constexpr std::uint64_t p = bit::p;
inline constexpr std::uint64_t rw = bit::p | bit::rw;
inline constexpr std::uint64_t rwu = bit::p | bit::rw | bit::us;
inline constexpr std::uint64_t nx = bit::xd;

} // namespace pgtscope::tests
