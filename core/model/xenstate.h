// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.h"
#include "core/model/xenlayout.h"
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

/// What type_info says of a frame; nullopt if it is no page table, or not used as one any more. Asked of
/// every frame of a machine at each stop.
inline std::optional<XenTable> tableFrom(FrameNumber frame, std::uint64_t typeInfo)
{
    const auto kind = static_cast<XenFrameType>(typeInfo >> xen::typeShift);
    const std::uint64_t uses = typeInfo & xen::typeCount;
    // A type may outlast its last use: then the frame is free to become something else.
    if (kind < XenFrameType::L1 || kind > XenFrameType::L4 || uses == 0)
        return std::nullopt;
    return XenTable{frame, kind, (typeInfo & xen::pinned) != 0, uses};
}
/// Null if the frame is not among `tables`, which are sorted by frame.
const XenTable* tableIn(const std::vector<XenTable>& tables, FrameNumber frame);

/// What another hypervisor than Xen takes as page tables: the lab guest's checker, whose type_info is Xen's.
struct CheckerTypes {
    bool known = false; ///< What is not in `tables` is no page table to it.
    std::vector<XenTable> tables; ///< By frame.
    bool operator==(const CheckerTypes&) const = default;
};

/// Machine frames that follow each other, and whose owner sees them follow each other too.
struct XenExtent {
    FrameNumber machine;
    GuestFrame guest; ///< The owner's number (PFN) of the first one.
    std::uint64_t frames = 0;
    std::uint16_t domain = 0; ///< The owner.
    bool operator==(const XenExtent&) const = default;
};

/// The frames of all domains, to be looked up by machine frame and by the owner's number.
class XenExtents {
public:
    XenExtents() = default;
    /// `byMachine` is sorted by machine frame and does not overlap there. Where it gives one number of a
    /// domain to two frames, the lower one has it.
    explicit XenExtents(std::vector<XenExtent> byMachine);

    auto begin() const { return m_extents.begin(); }
    auto end() const { return m_extents.end(); }
    std::size_t size() const { return m_extents.size(); }
    bool empty() const { return m_extents.empty(); }
    const std::vector<XenExtent>& list() const { return m_extents; }

    /// The extent that holds the machine frame; null if no domain has it.
    const XenExtent* at(FrameNumber machine) const;
    /// The machine frame of a domain's own; nullopt if it has none of that number.
    std::optional<FrameNumber> machineFrame(std::uint16_t domain, GuestFrame guest) const;
    /// Where a range of a domain's own frames lies in the machine, in the domain's order; frames that it does
    /// not have are left out.
    std::vector<FramePiece> pieces(std::uint16_t domain, GuestFrameRange guest) const;

    bool operator==(const XenExtents& other) const { return m_extents == other.m_extents; }

private:
    /// Frames of one domain that follow each other in both counts.
    struct Piece {
        std::uint16_t domain;
        GuestFrameRange guest;
        FrameNumber machine; ///< Of the first.
    };
    using PieceIterator = std::vector<Piece>::const_iterator;

    /// Appended after all others; joined to the last one where it goes on.
    void addPiece(const Piece& piece);

    /// The first piece of the domain that ends after `guest`, or the first one of a later domain.
    PieceIterator pieceFrom(std::uint16_t domain, GuestFrame guest) const;

    std::vector<XenExtent> m_extents;
    std::vector<Piece> m_byGuest; ///< By domain and guest frame; they do not overlap.
};

/// What is known of a machine under Xen beyond its page tables: physical addresses in entries are machine
/// addresses, and each domain counts its frames in its own way. Immutable once it is part of a snapshot.
struct XenState {
    /// The number of a domain that is unknown: DOMID_SELF, xen/include/public/xen.h.
    static constexpr std::uint16_t unreportedDomain = 0x7ff0;

    /// Owner of the root; nullopt for Xen's own root, and where frame_table cannot be read.
    std::optional<std::uint16_t> domain;
    /// CR3 holds Xen's copy of the domain's root (XPTI: Xen keeps itself out of what the guest runs on).
    bool isolated = false;
    /// The domain's own root, with its kernel's half: what a walk begins at. CR3's where this one is unknown.
    PhysicalAddress root;
    bool rootKnown = true; ///< False if `root` is Xen's copy or lacks the kernel's half: no other was found.
    /// frame_table was read whole: what is not in `tables` is no page table of the domain.
    bool complete = false;
    XenExtents extents; ///< Of all domains.
    std::vector<XenTable> tables; ///< By frame; of `domain`.
    /// The domain's own array of machine frames, where its kernel's symbols give it; else 0.
    LinearAddress p2m;
    std::uint64_t p2mFrames = 0; ///< Entries in it.

    /// The number that the frame's owner gives it; nullopt for Xen's own frames and where it is not known.
    std::optional<GuestFrame> guestFrame(FrameNumber machine) const;
    /// The same, but nullopt for the frames of other domains than that of the root.
    std::optional<GuestFrame> ownGuestFrame(FrameNumber machine) const;
    /// The machine frame of one of the domain's own.
    std::optional<FrameNumber> machineFrame(GuestFrame guest) const;
    std::optional<std::uint16_t> owner(FrameNumber machine) const;
    /// Null if Xen does not take the frame as a page table of the domain.
    const XenTable* table(FrameNumber frame) const;
    bool operator==(const XenState&) const = default;
};
using XenStatePtr = std::shared_ptr<const XenState>;

/// "L1 table, pinned, 2 uses"; "no page table" for null.
std::string tableText(const XenTable* table);

/// "dom0", "domain 3", or "a domain" where it is unknown which.
std::string domainText(std::uint16_t domain);
/// The owner of the root; also "Xen" or "an unknown domain".
std::string domainText(const XenState& xen);

enum class XenPlace : std::uint8_t { Hypervisor, Kernel, Process };
/// What runs on a CPU of a machine under Xen: PV kernels and their processes share ring 3.
XenPlace xenPlace(const CpuState& cpu);
/// "in Xen (ring 0)", "in its kernel (ring 3)" or "in a process (ring 3)".
std::string_view placeText(XenPlace place);
/// "no XPTI", or whose root CR3 holds under XPTI.
std::string isolationText(const XenState& xen);

/// Whether machine frames lie as far apart in their owner's count; true without Xen, and of frames that have
/// no other number.
bool sameDistance(const XenState* xen, FrameNumber first, FrameNumber next);

/// The owner's number of a frame: without Xen, where there is one count only, the same; see
/// XenState::guestFrame().
std::optional<GuestFrame> guestFrameOf(const XenState* xen, FrameNumber frame);

/// " (pfn:0x1234)" for a frame of a domain, else "".
std::string guestFrameText(const XenState* xen, FrameNumber machine);

} // namespace pgtscope::core
