// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/base/cancel.h"
#include "core/model/xenstate.h"
#include "core/xen/rootreader.h"

namespace pgtscope::core {

/// Reads what Xen's frame_table and machine-to-physical table say of machine frames.
class FrameScan {
public:
    /// `reader` begins at a root that has both tables; with only the latter, owners and types stay unknown.
    FrameScan(PhysicalMemory& memory, RootReader& reader);

    /// Fills in the owner of `state.root`, and with `whole` extents and tables. Fails when cancelled.
    Result<void> run(XenState& state, bool whole, const CancelFlag* cancel);
    /// The first frame that is in use as a root table of any domain and that `is` accepts; nullopt also when
    /// cancelled.
    std::optional<FrameNumber> findRoot(const std::function<bool(FrameNumber)>& is, const CancelFlag* cancel);

private:
    struct Info {
        std::uint64_t count = 0;
        std::uint64_t type = 0;
        std::uint32_t owner = 0;
    };
    std::optional<Info> info(FrameNumber frame);
    /// Id of the domain that owns the frame.
    std::optional<std::uint16_t> domainOf(const Info& info);
    Result<void> readRange(XenState& state, FrameNumber begin, FrameNumber end, const CancelFlag* cancel);
    void readBlock(XenState& state, FrameNumber begin, FrameNumber end);
    void readInfos(
        XenState& state, FrameNumber begin, FrameNumber end, const std::byte* infos, const std::byte* guests);
    void append(const XenExtent& extent);

    PhysicalMemory& m_memory;
    RootReader& m_reader;
    std::unordered_map<std::uint32_t, std::optional<std::uint16_t>> m_domains; // by frame of the struct
    std::uint32_t m_lastOwner = 0;
    std::optional<std::uint16_t> m_lastDomain;
    std::vector<XenExtent> m_extents;
    XenExtent m_growing; ///< The last extent, to which the next frame may belong; empty at first.
};

} // namespace pgtscope::core
