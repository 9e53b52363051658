// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <vector>

#include "core/base/error.h"
#include "core/base/packing.h"
#include "core/model/xenstate.h"

namespace pgtscope::core {

/// How what is known of Xen differs from the previous step.
struct XenDelta {
    bool present = false; ///< False: no Xen runs any more.
    XenState facts; ///< Its tables are not used; its extents only if they changed.
    bool extentsChanged = false;
    std::vector<FrameNumber> gone; ///< Frames that are no tables any more; ascending.
    std::vector<XenTable> tables; ///< New ones, and what changed; by frame.
};

XenDelta xenDelta(const XenState* before, const XenState* after);
/// Fails on anything that xenDelta() cannot have made.
Result<XenStatePtr> applyXen(const XenState* before, const XenDelta& delta);

void encodeXen(const XenDelta& delta, Packer& out);
/// Takes the memory that it needs from `budget`; in.good() says whether decoding succeeded.
XenDelta decodeXen(Unpacker& in, std::size_t& budget);

/// Sorted by frame.
void encodeXenTables(const std::vector<XenTable>& tables, Packer& out);
/// As decodeXen(); fails on what is not sorted.
std::vector<XenTable> decodeXenTables(Unpacker& in, std::size_t& budget);

} // namespace pgtscope::core
