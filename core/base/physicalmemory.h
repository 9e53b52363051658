// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/address.h"
#include "core/base/error.h"

namespace pgtscope::core {

/// Sorted, disjoint ranges of guest-physical addresses that RAM backs. An address outside every range is
/// ROM, flash, MMIO or nothing: stubs answer zeros where nothing is, and reading MMIO can have side effects,
/// so that only what PhysicalMemory::readable() confirms is read.
class RamMap {
public:
    RamMap() = default;
    /// Sorts and joins `ranges`; empty ones are dropped.
    explicit RamMap(std::vector<PhysicalRange> ranges);

    const std::vector<PhysicalRange>& ranges() const { return m_ranges; }
    bool empty() const { return m_ranges.empty(); }
    /// True if all `bytes` bytes from `address` on are RAM.
    bool contains(PhysicalAddress address, std::uint64_t bytes) const;
    /// Sum of all ranges in bytes.
    std::uint64_t bytes() const;
    bool operator==(const RamMap&) const = default;

private:
    std::vector<PhysicalRange> m_ranges;
};

/// One range to be read: `bytes.size()` bytes from `address` on. `ok` says after the read whether the whole
/// range was read; where it is false, `bytes` holds nothing to rely on.
struct PhysicalRead {
    PhysicalAddress address;
    std::span<std::byte> bytes;
    bool ok = false;
};

/// Guest-physical memory of a stopped guest: the seam between a live guest (gdb/ implements it with several
/// channels) or a test and the capture.
class PhysicalMemory {
public:
    virtual ~PhysicalMemory() = default;

    /// Reads a batch. A range that RAM does not back, or that the channel cannot deliver, gets `ok == false`
    /// and does not fail the call. An Error means that the channel itself broke (gdb died, deadline passed,
    /// the user cancelled): nothing in the batch can be relied on.
    virtual Result<void> read(std::span<PhysicalRead> batch) = 0;

    /// The 4096 bytes of a frame in place, 4096-byte aligned, where guest RAM is mapped into this process;
    /// nullptr otherwise. Stays valid for the lifetime of this object. The guest must be stopped.
    virtual const std::byte* mappedFrame(FrameNumber) const { return nullptr; }

    /// As much in place as there is from `begin` on, at most `bytes`, both multiples of 4096; empty if not
    /// even the first frame is. For long stretches: one question instead of one a frame.
    virtual std::span<const std::byte> mappedRange(PhysicalAddress begin, std::uint64_t bytes) const
    {
        const std::byte* first = bytes < frameBytes ? nullptr : mappedFrame(frameOf(begin));
        return first ? std::span(first, frameBytes) : std::span<const std::byte>();
    }

    /// False where even a few megabytes take a good part of a second.
    virtual bool fast() const { return true; }

    virtual const RamMap& ramMap() const = 0;
    /// True if all `bytes` bytes from `address` on are RAM, or ROM or flash of which reading has no side
    /// effect.
    virtual bool readable(PhysicalAddress address, std::uint64_t bytes) const
    {
        return ramMap().contains(address, bytes);
    }
    /// Channel name for the user, e.g. "mapped RAM", "gdb/MI".
    virtual std::string name() const = 0;
};

} // namespace pgtscope::core
