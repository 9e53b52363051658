// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace pgtscope::core {

/// Bytes in the smallest page and in every x86 table page.
inline constexpr std::uint64_t frameBytes = 4096;
inline constexpr unsigned frameShift = 12;

/// A number that cannot be mistaken for another kind of number: linear and physical addresses and frame
/// numbers differ in type. Arithmetic wraps, as addresses do.
template <class Tag>
struct StrongNumber {
    std::uint64_t value = 0;

    constexpr StrongNumber() = default;
    constexpr explicit StrongNumber(std::uint64_t v)
        : value(v)
    {
    }
    constexpr auto operator<=>(const StrongNumber&) const = default;
    constexpr StrongNumber operator+(std::uint64_t n) const { return StrongNumber(value + n); }
    constexpr StrongNumber operator-(std::uint64_t n) const { return StrongNumber(value - n); }
    /// Distance from `other` to this one.
    constexpr std::uint64_t operator-(StrongNumber other) const { return value - other.value; }
};

/// Linear (virtual) address in bytes; SDM vol. 1, 3.3.4.
using LinearAddress = StrongNumber<struct LinearTag>;
/// Guest-physical address in bytes. Under Xen PV this is a machine address.
using PhysicalAddress = StrongNumber<struct PhysicalTag>;
/// Frame in the number space of page-table entries: physical address / 4096. Under Xen PV the machine frame
/// number (mfn).
using FrameNumber = StrongNumber<struct FrameTag>;
/// Page frame number in the kernel's own count (pfn), as pgt_buf_start, pgt_buf_end and pgt_buf_top hold it.
/// Without Xen it equals the FrameNumber; under Xen PV only a look-up page by page relates the two, see
/// Snapshot::guestFrame() and Snapshot::frame().
using GuestFrame = StrongNumber<struct GuestFrameTag>;

constexpr FrameNumber frameOf(PhysicalAddress address) { return FrameNumber(address.value >> frameShift); }
constexpr PhysicalAddress addressOf(FrameNumber frame) { return PhysicalAddress(frame.value << frameShift); }

/// Half-open range [begin, end). `end` may wrap to 0 when the range reaches the top of the space.
template <class Address>
struct AddressRange {
    Address begin;
    Address end;

    constexpr std::uint64_t bytes() const { return end.value - begin.value; }
    constexpr bool contains(Address a) const { return a.value - begin.value < end.value - begin.value; }
    constexpr bool operator==(const AddressRange&) const = default;
};

using LinearRange = AddressRange<LinearAddress>;
using PhysicalRange = AddressRange<PhysicalAddress>;
using FrameRange = AddressRange<FrameNumber>; ///< bytes() is a number of frames.
using GuestFrameRange = AddressRange<GuestFrame>; ///< bytes() is a number of frames.

/// Frames that follow each other in both counts.
struct FramePiece {
    GuestFrame guest; ///< The kernel's number of the first.
    FrameRange frames;
    bool operator==(const FramePiece&) const = default;
};

} // namespace pgtscope::core

template <class Tag>
struct std::hash<pgtscope::core::StrongNumber<Tag>> {
    std::size_t operator()(pgtscope::core::StrongNumber<Tag> n) const noexcept
    {
        return std::hash<std::uint64_t>{}(n.value * 0x9e3779b97f4a7c15ULL);
    }
};
