// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/unreadtables.h"

#include "core/base/numbers.h"
#include "core/model/frametext.h"

namespace pgtscope::core {

std::vector<std::string> unreadTables(const Snapshot& snapshot)
{
    constexpr std::size_t most = 4;
    std::vector<std::string> gaps = snapshot.gaps();
    if (const auto other = snapshot.otherHalf(); other && snapshot.otherRoot() == noTable)
        gaps.push_back(std::string(halfText(isolationHalfOf(*other))) + ", with its root at "
            + physicalText(*other) + ", was not captured");
    std::uint64_t unread = 0;
    for (const Table& table : snapshot.tables()) {
        // Xen keeps its own tables in every root: they are no tables of this guest.
        if (table.state == TableState::Read || table.state == TableState::Hypervisor)
            continue;
        if (++unread <= most)
            gaps.push_back("the table at " + physicalText(table.address) + " of level "
                + std::to_string(table.level) + " was not read: " + std::string(stateText(table.state))
                + (snapshot.cpu().smm ? "; the CPU is in SMM, and SMRAM is not read" : ""));
    }
    if (unread > most)
        gaps.push_back(
            countText(unread - most, "more table") + (unread - most == 1 ? " was" : " were") + " not read");
    return gaps;
}

} // namespace pgtscope::core
