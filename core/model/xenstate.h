// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.h"
#include "core/paging/registers.h"

namespace pgtscope::core {

/// What Xen uses a frame as at present; PGT_* of xen/arch/x86/include/asm/mm.h, Xen 4.17.
enum class XenFrameType : std::uint8_t { None, L1, L2, L3, L4, Segments, Shared, Writable };

/// "none", "L1 table" … "L4 table", "segments", "shared" or "writable".
std::string_view frameTypeText(XenFrameType type);

/// A frame that Xen takes as a page table of the domain.
struct XenTable {
    FrameNumber frame;
    XenFrameType type = XenFrameType::L1; ///< L1 to L4.
    bool pinned = false; ///< The domain asked for the type to stay without a use.
    std::uint64_t uses = 0; ///< Count of uses of the frame as that type.

    unsigned level() const { return static_cast<unsigned>(type); }
    bool operator==(const XenTable&) const = default;
};

/// Machine frames that follow each other, and whose owner sees them follow each other too.
struct XenExtent {
    FrameNumber machine;
    FrameNumber guest; ///< The owner's number (PFN) of the first one.
    std::uint64_t frames = 0;
    std::uint16_t domain = 0; ///< The owner.
    bool operator==(const XenExtent&) const = default;
};

/// What a machine under Xen tells beyond its page tables: physical addresses in entries are machine
/// addresses, and each domain counts its frames in its own way. Immutable once it is part of a snapshot.
struct XenState {
    /// The number of a domain where nothing tells it: DOMID_SELF, xen/include/public/xen.h.
    static constexpr std::uint16_t untoldDomain = 0x7ff0;

    /// Owner of the root; nullopt for Xen's own root, and where frame_table cannot be read.
    std::optional<std::uint16_t> domain;
    /// CR3 holds Xen's copy of the domain's root (XPTI: Xen keeps itself out of what the guest runs on).
    bool isolated = false;
    /// The domain's own root: what a walk begins at. CR3's where `isolated` is set and nothing tells the own.
    PhysicalAddress root;
    bool rootKnown = true; ///< False if `root` is the copy for want of the own.
    /// frame_table was read whole: what is not in `tables` is no page table of the domain.
    bool complete = false;
    std::vector<XenExtent> extents; ///< By machine frame, all domains.
    std::vector<XenTable> tables; ///< By frame; of `domain`.
    /// The domain's own array of machine frames, where its kernel's symbols tell of it; else 0.
    LinearAddress p2m;
    std::uint64_t p2mFrames = 0; ///< Entries in it.

    /// The number that the frame's owner gives it; nullopt for Xen's own frames and where it is not known.
    std::optional<FrameNumber> guestFrame(FrameNumber machine) const;
    /// The machine frame of one of the domain's own.
    std::optional<FrameNumber> machineFrame(FrameNumber guest) const;
    std::optional<std::uint16_t> owner(FrameNumber machine) const;
    /// Null if Xen does not take the frame as a page table of the domain.
    const XenTable* table(FrameNumber frame) const;
    bool operator==(const XenState&) const = default;

private:
    const XenExtent* extentAt(FrameNumber machine) const;
};
using XenStatePtr = std::shared_ptr<const XenState>;

/// "L1 table, pinned, 2 uses"; "no page table" for null.
std::string tableText(const XenTable* table);

/// "dom0", "domain 3", or "a domain" where nothing tells which.
std::string domainText(std::uint16_t domain);
/// The owner of the root; also "Xen" or "an unknown domain".
std::string domainText(const XenState& xen);

enum class XenPlace : std::uint8_t { Hypervisor, Kernel, Process };
/// Who runs on a CPU of a machine under Xen: PV kernels and their processes share ring 3.
XenPlace xenPlace(const CpuState& cpu);
/// "in Xen (ring 0)", "in its kernel (ring 3)" or "in a process (ring 3)".
std::string_view placeText(XenPlace place);
/// "no XPTI", or whose root CR3 holds under XPTI.
std::string isolationText(const XenState& xen);

/// Whether machine frames lie as far apart in their owner's count; true without Xen, and of frames that have
/// no other number.
bool sameDistance(const XenState* xen, FrameNumber first, FrameNumber next);

/// " (pfn 0x1234)" for a frame of a domain, else "".
std::string guestFrameText(const XenState* xen, FrameNumber machine);

} // namespace pgtscope::core
