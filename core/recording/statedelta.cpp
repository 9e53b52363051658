// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/recording/recordedstate.h"
#include "core/steps/tablediff.h"

namespace pgtscope::core {

namespace {

using StorePage = std::function<PageId(const TablePage&)>;

// Where two pages (each stored once) take less room than their entries one by one.
constexpr std::size_t manyEntries = 96;
// Bounds the memory for entries listed one by one; beyond it each changed page is stored whole.
constexpr std::size_t manyEntriesInStep = 100'000;
constexpr std::size_t framesAtOnce = 4096;

class TableList {
public:
    TableList(const std::vector<Table>& before, const StorePage& store)
        : m_before(before)
        , m_store(store)
    {
        for (std::size_t row = 0; row < before.size(); ++row) {
            m_rows[before[row].address].push_back(row);
            if (before[row].page)
                m_known.insert(before[row].frame());
        }
    }

    std::vector<TableListPiece> describe(const std::vector<Table>& after)
    {
        for (const Table& table : after) {
            if (const std::size_t row = rowOf(table); row != m_before.size())
                copy(row);
            else
                add(table);
        }
        return std::move(m_pieces);
    }

private:
    /// Row of the same table in m_before, in the same state; m_before.size() if there is none.
    std::size_t rowOf(const Table& table) const
    {
        if (const auto rows = m_rows.find(table.address); rows != m_rows.end()) {
            for (const std::size_t row : rows->second) {
                const Table& old = m_before[row];
                if (old.level == table.level && old.state == table.state && old.origin == table.origin)
                    return row;
            }
        }
        return m_before.size();
    }

    void copy(std::size_t row)
    {
        if (!m_pieces.empty() && m_pieces.back().count != 0
            && m_pieces.back().first + m_pieces.back().count == row) {
            ++m_pieces.back().count;
            return;
        }
        TableListPiece piece;
        piece.first = row;
        piece.count = 1;
        m_pieces.push_back(std::move(piece));
    }

    void add(const Table& table)
    {
        TableListPiece piece;
        piece.table = table;
        piece.table.page = nullptr;
        if (table.page && !m_known.contains(table.frame()))
            piece.page = m_store(*table.page);
        m_pieces.push_back(std::move(piece));
    }

    const std::vector<Table>& m_before;
    const StorePage& m_store;
    std::unordered_map<PhysicalAddress, std::vector<std::size_t>> m_rows;
    std::unordered_set<FrameNumber> m_known;
    std::vector<TableListPiece> m_pieces;
};

/// Records the changes of one frame as entries or as two pages, whichever is smaller.
void addFrame(
    StateDelta& delta, std::span<EntryChange> entries, const ChangedFrame& frame, const StorePage& store)
{
    const std::uint8_t levels = entries.front().levels;
    const bool alike = std::ranges::all_of(entries, [&](const auto& e) { return e.levels == levels; });
    const bool many = entries.size() > manyEntries || delta.entries.size() > manyEntriesInStep;
    if (alike && many) {
        delta.pages.push_back(
            {frame.frame, entries.front().bytes, levels, store(*frame.before), store(*frame.after)});
        return;
    }
    delta.entries.insert(delta.entries.end(), entries.begin(), entries.end());
}

void addFrames(StateDelta& delta, std::span<const ChangedFrame> frames, const SnapshotParts& after,
    const StorePage& store)
{
    const Paging paging(after.cpu.control, after.features);
    for (std::size_t done = 0; done < frames.size(); done += framesAtOnce) {
        const auto some = frames.subspan(done, std::min(framesAtOnce, frames.size() - done));
        auto entries = changedEntries(some, after.tables, paging, framesAtOnce * frameBytes / 4);
        std::size_t first = 0;
        for (const ChangedFrame& frame : some) {
            std::size_t last = first;
            while (last < entries.size() && frameOf(entries[last].address) == frame.frame)
                ++last;
            if (last != first)
                addFrame(delta, std::span(entries).subspan(first, last - first), frame, store);
            first = last;
        }
    }
}

} // namespace

StateDelta deltaBetween(const SnapshotParts& before, const SnapshotParts& after, const StorePage& store)
{
    StateDelta delta;
    forEachFact([&](const auto& fact) {
        if (!(before.*fact.member == after.*fact.member))
            delta.facts[fact.member] = after.*fact.member;
    });
    const bool sameXen = before.xen == after.xen || (before.xen && after.xen && *before.xen == *after.xen);
    if (!sameXen)
        delta.xen = xenDelta(before.xen.get(), after.xen.get());
    TableListDiff tables = compareTables(before.tables, after.tables);
    delta.tables = std::move(tables.tables);
    if (!tables.sameList)
        delta.tableList = TableList(before.tables, store).describe(after.tables);
    addFrames(delta, tables.frames, after, store);
    return delta;
}

} // namespace pgtscope::core
