// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/base/physicalmemory.h"
#include "core/model/pagetablebuffer.h"
#include "core/model/table.h"

namespace pgtscope::core {

/// Pages that the early allocator has counted as handed out before it cleared them. alloc_low_page() advances
/// pgt_buf_end first (arch/x86/mm/init_64.c, v3.0; alloc_low_pages() in init.c, v3.9 to v6.12): until it has
/// written zeros, whatever the page held before would pass for a table.
class FreshPages {
public:
    /// pgt_buf_end has moved over `frames` in the instruction before this stop. Pages handed out earlier are
    /// clean by now. Those that cannot be read are not followed.
    Result<void> handedOut(std::span<const FramePiece> frames, PhysicalMemory& memory);
    /// At a later stop: forgets pages of which no word is left as it was found, zeros aside.
    Result<void> look(PhysicalMemory& memory);

    /// Pages that still hold some of their old content.
    std::vector<FrameNumber> notCleared() const;

private:
    std::unordered_map<FrameNumber, std::unique_ptr<TablePage>> m_found; ///< Each page's old content.
};

} // namespace pgtscope::core
