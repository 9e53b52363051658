// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/packing.h"

namespace pgtscope::gdb {

inline constexpr std::size_t pageBytes = 4096;
/// Pages that are packed into one chunk.
inline constexpr std::size_t pagesOfGroup = 64;

/// Where the content of a checkpoint's pages is: in groups of pages, each a chunk, which checkpoints share.
/// Pages that no run holds are zero.
struct PageMap {
    struct Group {
        std::string chunk; ///< Name of the packed group.
        std::uint64_t pages = 0;
        bool operator==(const Group&) const = default;
    };
    /// Pages that follow each other in RAM and in a group.
    struct Run {
        std::uint64_t page = 0; ///< Offset in the guest's RAM file, in pages.
        std::uint64_t count = 0;
        std::uint64_t group = 0; ///< Index in `groups`.
        std::uint64_t slot = 0; ///< Place in the group.
        bool operator==(const Run&) const = default;
    };
    std::vector<Group> groups;
    std::vector<Run> runs; ///< In ascending order, none over another.

    bool operator==(const PageMap&) const = default;
};

core::Bytes pack(const PageMap& map);
/// Reads what pack() wrote, which may come from anywhere; `pages`: so many has the guest.
core::Result<PageMap> unpackPageMap(core::ByteView bytes, std::uint64_t pages);

} // namespace pgtscope::gdb
