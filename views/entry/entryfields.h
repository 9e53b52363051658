// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <QString>

#include "core/model/xenstate.h"
#include "core/paging/entryparts.h"

namespace pgtscope::views {

/// Neighbouring bits of a paging-structure entry that mean one thing.
struct EntryField {
    unsigned high = 0; ///< Bit positions, both inclusive.
    unsigned low = 0;
    core::EntryPart part = core::EntryPart::Ignored;
    QString name; ///< "R/W", "address", "ignored" …
    QString value;
    QString meaning;
    bool wrong = false; ///< A reserved bit is set: using the entry faults.
};

/// The whole entry from its highest bit to bit 0, without a hole, for its level and kind; SDM vol. 3, tables
/// 4-5 to 4-20. With `xen` the address is shown with the guest's own frame number.
std::vector<EntryField> entryFields(
    const core::Paging& paging, const core::Entry& entry, const core::XenState* xen = nullptr);

} // namespace pgtscope::views
