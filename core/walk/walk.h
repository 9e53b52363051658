// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "core/model/snapshot.h"

namespace pgtscope::core {

/// A present entry that a walk has met: the entry, its place, and what its whole path permits.
struct WalkedEntry : EntryAt {
    LinearAddress linear; ///< First linear address that the entry translates, canonical.
    TableId table = noTable; ///< The table that holds the entry.
    Rights rights; ///< The path's rights, this entry included.
};

/// Neighbouring entries of one table that are not present, or the addresses that no entry translates.
struct Hole {
    LinearAddress begin;
    std::uint64_t bytes = 0; ///< 0 means 2^64.
    unsigned level = 0; ///< Of the entries; 0 for the non-canonical addresses.
    TableId table = noTable;
    unsigned index = 0; ///< Of the first entry.
};

/// What a walk does next.
enum class WalkAction : std::uint8_t {
    Continue, ///< Goes on, into the table that the entry references.
    Skip, ///< Goes on after the table that the entry references.
    Stop, ///< Ends.
};

namespace walking {

template <class Ops>
inline constexpr bool hasPage = requires
{
    &Ops::page;
};
template <class Ops>
inline constexpr bool hasTable = requires
{
    &Ops::table;
};
template <class Ops>
inline constexpr bool hasGap = requires
{
    &Ops::gap;
};
template <class Ops>
inline constexpr bool hasHole = requires
{
    &Ops::hole;
};

template <class Ops>
bool meetHole(Ops& ops, const Hole& hole)
{
    if constexpr (hasHole<Ops>)
        return ops.hole(hole) != WalkAction::Stop;
    return true;
}

template <class Ops>
bool walkEntries(const Snapshot& snapshot, TableId id, LinearAddress base, Rights inherited, unsigned first,
    unsigned last, Ops& ops);

/// An entry that references a table.
template <class Ops>
bool walkReference(const Snapshot& snapshot, const WalkedEntry& walked, Ops& ops)
{
    const TableId child = snapshot.child(walked.entry);
    const TableState state = child == noTable ? TableState::OverLimit : snapshot.table(child).state;
    if (state != TableState::Read) {
        if constexpr (hasGap<Ops>)
            return ops.gap(walked, state) != WalkAction::Stop;
        return true;
    }
    WalkAction action = WalkAction::Continue;
    if constexpr (hasTable<Ops>)
        action = ops.table(walked, child);
    if (action != WalkAction::Continue)
        return action == WalkAction::Skip;
    const unsigned entries = snapshot.paging().at(walked.entry.level - 1U).entries;
    return walkEntries(snapshot, child, walked.linear, walked.rights, 0, entries, ops);
}

template <class Ops>
bool walkEntries(const Snapshot& snapshot, TableId id, LinearAddress base, Rights inherited, unsigned first,
    unsigned last, Ops& ops)
{
    const Paging& paging = snapshot.paging();
    const Table& table = snapshot.table(id);
    const unsigned shift = paging.at(table.level).shift;
    const auto linearOf
        = [&](unsigned index) { return paging.canonicalised(base + (std::uint64_t{index} << shift)); };
    // The first entry that is not accounted for by an entry or a hole yet.
    [[maybe_unused]] unsigned next = first;
    [[maybe_unused]] const auto holeUpTo = [&](unsigned index) {
        const std::uint64_t bytes = std::uint64_t{index - next} << shift;
        return index == next || meetHole(ops, {linearOf(next), bytes, table.level, id, next});
    };
    for (const EntryAt& at : table.entries(paging, first, last)) {
        if constexpr (hasHole<Ops>) {
            if (!holeUpTo(at.index))
                return false;
            next = at.index + 1;
        }
        const WalkedEntry walked{at, linearOf(at.index), id, inherited & at.entry.rights};
        bool goesOn = true;
        if (walked.entry.leadsToTable()) {
            goesOn = walkReference(snapshot, walked, ops);
        } else if (walked.entry.reserved == 0) {
            if constexpr (hasPage<Ops>)
                goesOn = ops.page(walked) != WalkAction::Stop;
        } else if constexpr (hasGap<Ops>) {
            goesOn = ops.gap(walked, TableState::Read) != WalkAction::Stop;
        }
        if (!goesOn)
            return false;
    }
    if constexpr (hasHole<Ops>)
        return holeUpTo(last);
    return true;
}

} // namespace walking

/// Walks everything below the table `id`, which has been read, in the order of linear addresses. `base` is
/// the address that its entry 0 translates, `inherited` what the path to it permits. `ops` has one or more of
///
///     WalkAction page(const WalkedEntry&)              an entry that maps a page
///     WalkAction table(const WalkedEntry&, TableId)    an entry that leads to a table, before what is in it
///     WalkAction gap(const WalkedEntry&, TableState)   an entry with reserved bits (TableState::Read), or
///     one
///                                                      that leads to a table which could not be read
///     WalkAction hole(const Hole&)                     entries that are not present
///
/// in the manner of Linux's mm_walk_ops (include/linux/pagewalk.h): what is left out costs nothing. Entries
/// and holes are not merged: see RunMerger. Depth is bounded, since the level falls with each step, so that
/// cycles in the tables cannot trap a walk; but a table is walked as often as it is reached unless table()
/// skips it (see VisitedTables). False if `ops` stopped the walk.
template <class Ops>
bool walkTable(const Snapshot& snapshot, TableId id, LinearAddress base, Rights inherited, Ops& ops)
{
    static_assert(
        walking::hasPage<Ops> || walking::hasTable<Ops> || walking::hasGap<Ops> || walking::hasHole<Ops>);
    const unsigned entries = snapshot.paging().at(snapshot.table(id).level).entries;
    return walking::walkEntries(snapshot, id, base, inherited, 0, entries, ops);
}

/// Walks from the snapshot's root. The addresses that are not canonical are a hole of their own, between the
/// halves. Nothing happens when paging is off or the root could not be read.
template <class Ops>
bool walk(const Snapshot& snapshot, Ops& ops)
{
    if (snapshot.tables().empty() || snapshot.table(0).state != TableState::Read)
        return true;
    const Paging& paging = snapshot.paging();
    const LinearRange beyond = paging.nonCanonical();
    if (!walking::hasHole<Ops> || beyond.bytes() == 0)
        return walkTable(snapshot, 0, LinearAddress(0), Rights{}, ops);
    const unsigned entries = paging.at(snapshot.table(0).level).entries;
    const auto half = [&](unsigned first, unsigned last) {
        return walking::walkEntries(snapshot, 0, LinearAddress(0), Rights{}, first, last, ops);
    };
    return half(0, entries / 2) && walking::meetHole(ops, {beyond.begin, beyond.bytes(), 0, noTable, 0})
        && half(entries / 2, entries);
}

/// Remembers where each table was met first with each set of inherited rights: with it, the cost of a walk
/// follows the number of distinct tables.
class VisitedTables {
public:
    explicit VisitedTables(const Snapshot& snapshot)
        : m_tables(snapshot.tables().size())
    {
    }
    /// The address it was met at before; `notYet` the first time, of which `linear` is kept.
    LinearAddress visit(TableId table, Rights rights, LinearAddress linear)
    {
        if (m_at.empty())
            m_at.assign(m_tables * rightsCount, notYet);
        LinearAddress& at = m_at[std::size_t{table} * rightsCount + rights.index()];
        const LinearAddress before = at;
        if (before == notYet)
            at = linear;
        return before;
    }
    // No table begins at an odd address.
    static constexpr LinearAddress notYet{1};

private:
    std::size_t m_tables;
    std::vector<LinearAddress> m_at; ///< Empty until something is visited.
};

} // namespace pgtscope::core
