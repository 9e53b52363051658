// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/walk/aliases.h"

namespace pgtscope::core {

/// For every frame at how many linear addresses it is mapped, those of detached tables and of KPTI's other
/// half left out. Memory follows the number of mapping entries in distinct tables.
class AliasCounts {
public:
    AliasCounts(const Snapshot& snapshot, std::span<const Reach> reached);

    /// The largest count among `frames` frames from `first` on. No address is counted twice: it is below
    /// 2^52.
    std::uint64_t most(FrameNumber first, std::uint64_t frames) const;

private:
    /// From `begin` up to the next stretch's begin, every frame is mapped so often.
    struct Stretch {
        FrameNumber begin;
        std::uint64_t count;
    };
    std::vector<Stretch> m_stretches;
};

} // namespace pgtscope::core
