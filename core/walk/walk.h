// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <concepts>

#include "core/model/snapshot.h"

namespace pgtscope::core {

/// A present entry met on a walk: where it stands, what it says, and what its whole path permits.
struct WalkedEntry {
    LinearAddress linear; ///< First linear address that the entry translates, canonical.
    Entry entry;
    TableId table = noTable; ///< The table that holds the entry.
    unsigned index = 0; ///< Its index there.
    Rights rights; ///< The path's rights, this entry included.
};

/// What a sink wants of a table that an entry references.
enum class Descent : std::uint8_t { Into, Past, Stop };

/// What a walk tells, in the order of linear addresses. page() and gap() return false to stop the whole walk.
template <class T>
concept WalkSink = requires(T sink, const WalkedEntry& walked, TableId child, TableState state)
{
    {
        sink.page(walked)
        } -> std::same_as<bool>;
    {
        sink.enter(walked, child)
        } -> std::same_as<Descent>;
    {
        sink.gap(walked, state)
        } -> std::same_as<bool>;
};

/// Tells `sink` every present entry below `table`. Entries with reserved bits and tables that could not be
/// read are gaps. Depth is bounded by the level, which falls with each step: cycles in the tables cannot trap
/// a walk, but only a sink that goes past what it has seen bounds its length. False if the sink stopped it.
template <WalkSink Sink>
bool walkTable(const Snapshot& snapshot, TableId id, LinearAddress base, Rights inherited, Sink& sink)
{
    const Paging& paging = snapshot.paging();
    const Table& table = snapshot.table(id);
    const LevelRules& rules = paging.at(table.level);
    for (unsigned i = 0; i < rules.entries; ++i) {
        const std::uint64_t raw = table.raw(paging, i);
        if ((raw & bit::p) == 0)
            continue;
        WalkedEntry walked;
        walked.entry = paging.decode(table.level, raw);
        walked.linear = paging.canonicalised(base + (std::uint64_t{i} << rules.shift));
        walked.table = id;
        walked.index = i;
        walked.rights = inherited & walked.entry.rights;
        if (walked.entry.reserved != 0) {
            if (!sink.gap(walked, TableState::Read))
                return false;
        } else if (walked.entry.isPage()) {
            if (!sink.page(walked))
                return false;
        } else {
            const TableId child = snapshot.find(walked.entry.target, table.level - 1U);
            const TableState state = child == noTable ? TableState::OverLimit : snapshot.table(child).state;
            if (state != TableState::Read) {
                if (!sink.gap(walked, state))
                    return false;
                continue;
            }
            const Descent descent = sink.enter(walked, child);
            if (descent == Descent::Stop)
                return false;
            if (descent == Descent::Into && !walkTable(snapshot, child, walked.linear, walked.rights, sink))
                return false;
        }
    }
    return true;
}

/// Walks from the snapshot's root; nothing happens when paging is off or the root could not be read.
template <WalkSink Sink>
bool walk(const Snapshot& snapshot, Sink& sink)
{
    if (snapshot.tables().empty() || snapshot.table(0).state != TableState::Read)
        return true;
    return walkTable(snapshot, 0, LinearAddress(0), Rights{}, sink);
}

} // namespace pgtscope::core
