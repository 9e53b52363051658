// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/steps/mappingdiff.h"

namespace pgtscope::core {

namespace {

bool sameDecoding(const Paging& a, const Paging& b)
{
    constexpr std::uint64_t cr4Bits = cr4Pse | cr4Pke;
    return a.features() == b.features() && a.noExecute() == b.noExecute()
        && ((a.control().cr4 ^ b.control().cr4) & cr4Bits) == 0;
}

/// Whether `next` continues a page that was reported as `reported`, `bytes` bytes before it.
bool continues(
    const std::optional<MappedAs>& reported, const std::optional<MappedAs>& next, std::uint64_t bytes)
{
    if (!reported || !next)
        return !reported && !next;
    MappedAs expected = *reported;
    expected.physical = expected.physical + bytes;
    return expected == *next;
}

} // namespace

MappingDiff::MappingDiff(const Snapshot& before, const Snapshot& after, const DiffOptions& options)
    : m_before(before)
    , m_after(after)
    , m_options(options)
    , m_sameDecoding(sameDecoding(before.paging(), after.paging()))
    , m_unchanged(before.tables().size(), -1)
{
}

bool MappingDiff::run()
{
    const Side before = rootOf(m_before);
    const Side after = rootOf(m_after);
    if (before.table == noTable && after.table == noTable)
        return true;
    return descend(m_after.paging().levels() + 1, LinearAddress(0), before, after);
}

MappingDiff::Side MappingDiff::rootOf(const Snapshot& snapshot)
{
    Side side;
    if (!snapshot.tables().empty() && snapshot.table(0).state == TableState::Read
        && snapshot.table(0).level == snapshot.paging().levels())
        side.table = 0;
    return side;
}

MappingDiff::Side MappingDiff::child(
    const Snapshot& snapshot, const Side& parent, unsigned level, unsigned index) const
{
    const Paging& paging = snapshot.paging();
    Side side = parent;
    if (parent.table == noTable) {
        side.page.physical = parent.page.physical + std::uint64_t{index} * paging.span(level);
        return side;
    }
    side.table = noTable;
    const Entry entry = snapshot.table(parent.table).entry(paging, index);
    if (!entry.usable())
        return side;
    side.page.rights = parent.page.rights & entry.rights;
    if (entry.isPage()) {
        side.mapped = true;
        side.page.physical = entry.target;
        side.page.patIndex = static_cast<std::uint8_t>(entry.patIndex());
        side.page.pkey = entry.pkey;
    } else {
        side.table = snapshot.readChild(entry);
    }
    return side;
}

bool MappingDiff::unchanged(TableId before)
{
    if (m_unchanged[before] < 0)
        m_unchanged[before] = computeUnchanged(before) ? 1 : 0;
    return m_unchanged[before] == 1;
}

bool MappingDiff::computeUnchanged(TableId before)
{
    const Table& table = m_before.table(before);
    const auto& others = m_after.tables();
    // Mostly both lists have it at the same place.
    TableId after = before;
    if (before >= others.size() || others[before].address != table.address
        || others[before].level != table.level)
        after = m_after.find(table.address, table.level);
    if (!m_sameDecoding || after == noTable || m_after.table(after).state != table.state)
        return false;
    if (!table.page)
        return true;
    if (table.page != m_after.table(after).page && *table.page != *m_after.table(after).page)
        return false;
    if (table.level == 1)
        return true;
    for (const EntryAt& at : table.entries(m_before.paging())) {
        const TableId child = m_before.child(at.entry);
        if (child == noTable ? m_after.child(at.entry) != noTable : !unchanged(child))
            return false;
    }
    return true;
}

bool MappingDiff::compareTables(unsigned level, LinearAddress base, const Side& before, const Side& after)
{
    const Paging& paging = m_after.paging();
    const LevelRules& rules = paging.at(level);
    m_visits += rules.entries;
    if (m_visits > m_options.maxVisits || (m_options.cancel && m_options.cancel->cancelled()))
        return false;
    for (unsigned i = 0; i < rules.entries; ++i) {
        const LinearAddress linear = paging.canonicalised(base + (std::uint64_t{i} << rules.shift));
        if (!compareEntry(level, linear, child(m_before, before, level, i), child(m_after, after, level, i)))
            return false;
    }
    return true;
}

bool MappingDiff::compareEntry(unsigned level, LinearAddress linear, const Side& before, const Side& after)
{
    if (before.table != noTable || after.table != noTable)
        return descend(level, linear, before, after);
    if (before.mapped == after.mapped && (!before.mapped || before.page == after.page))
        return true;
    MappingChange change;
    change.begin = linear;
    change.bytes = m_after.paging().span(level);
    if (before.mapped)
        change.before = before.page;
    if (after.mapped)
        change.after = after.page;
    return report(change);
}

bool MappingDiff::descend(unsigned level, LinearAddress linear, const Side& before, const Side& after)
{
    const bool bothTables = before.table != noTable && after.table != noTable;
    if (bothTables && before.page.rights == after.page.rights) {
        const Table& a = m_before.table(before.table);
        if (a.address == m_after.table(after.table).address && unchanged(before.table))
            return true;
    }
    // A page on one side makes each place different; nothing or a table does not.
    if (before.mapped || after.mapped)
        return compareTables(level - 1, linear, before, after);
    const PairKey key{before.table, after.table, before.page.rights.index() * 8 + after.page.rights.index()};
    const auto [reported, isNew] = m_reported.try_emplace(key, Reported{linear, false});
    if (!isNew) {
        if (!reported->second.changed)
            return true;
        MappingChange change;
        change.begin = linear;
        change.bytes = m_after.paging().span(level);
        change.sameAs = reported->second.at;
        return report(change);
    }
    const std::uint64_t reports = m_reports;
    const bool complete = compareTables(level - 1, linear, before, after);
    m_reported[key].changed = m_reports != reports;
    return complete;
}

bool MappingDiff::report(MappingChange change)
{
    ++m_reports;
    if (!m_changes.empty()) {
        MappingChange& last = m_changes.back();
        if (last.begin + last.bytes == change.begin && last.sameAs == change.sameAs
            && continues(last.before, change.before, last.bytes)
            && continues(last.after, change.after, last.bytes)) {
            last.bytes += change.bytes;
            return true;
        }
    }
    if (m_changes.size() == m_options.maxMappings)
        return false;
    m_changes.push_back(change);
    return true;
}

} // namespace pgtscope::core
