// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "core/model/snapshot.h"

namespace pgtscope::core {

/// What the snapshot's entries hold addresses of, to be printed before a number: "machine " under Xen,
/// "guest-physical " in a nested guest, else `usual`.
inline std::string_view spaceWord(const Snapshot& snapshot, std::string_view usual = {})
{
    return snapshot.xen() ? "machine " : snapshot.nested() ? "guest-physical " : usual;
}

} // namespace pgtscope::core
