// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/tables/tablestree.h"

#include <algorithm>

#include "core/walk/translation.h"
#include "views/model/hypotheticals.h"

namespace pgtscope::views {

namespace {

/// Bits that neighbours in one row have in common; accessed and dirty vary.
constexpr std::uint64_t rowBits = ~core::setByProcessor;

} // namespace

void TablesTree::setState(const StepStatePtr& state)
{
    m_state = state;
    m_findings.clear();
    if (m_state)
        m_findings = signsByEntry(m_state->reports());
}

TableNodePtr TablesTree::makeTable(core::TableId id) const
{
    const core::Table& table = m_state->snapshot()->table(id);
    auto node = std::make_unique<TableNode>();
    node->kind = NodeKind::Table;
    node->table = id;
    node->address = table.address;
    node->detached = table.origin == core::TableOrigin::Detached;
    node->changed = m_state->marked(table.frame());
    return node;
}

std::vector<TableNodePtr> TablesTree::childrenOf(const TableNode& node) const
{
    std::vector<TableNodePtr> rows;
    const auto tables = m_state->snapshot()->tables();
    const auto isDetached = [](const core::Table& t) { return t.origin == core::TableOrigin::Detached; };
    switch (node.kind) {
    case NodeKind::Root:
        if (!tables.empty())
            rows.push_back(makeTable(0));
        if (const core::TableId other = m_state->snapshot()->otherRoot(); other != core::noTable) {
            rows.push_back(makeTable(other));
            rows.back()->otherHalf = true;
        }
        if (const auto count = std::count_if(tables.begin(), tables.end(), isDetached); count != 0) {
            auto heading = std::make_unique<TableNode>();
            heading->kind = NodeKind::Heading;
            heading->count = static_cast<std::uint64_t>(count);
            rows.push_back(std::move(heading));
        }
        break;
    case NodeKind::Heading:
        for (core::TableId id = 0; id < tables.size(); ++id)
            if (isDetached(tables[id]))
                rows.push_back(makeTable(id));
        break;
    case NodeKind::Table:
        addEntries(node, node.table, rows);
        break;
    case NodeKind::Entries:
        if (node.table != core::noTable)
            addEntries(node, node.table, rows);
        else
            rows = splitRun(node);
        break;
    }
    return rows;
}

void TablesTree::addEntries(const TableNode& parent, core::TableId id, std::vector<TableNodePtr>& rows) const
{
    const core::Snapshot& snapshot = *m_state->snapshot();
    const core::Paging& paging = snapshot.paging();
    const core::Table& table = snapshot.table(id);
    for (const core::EntryAt& at : table.allEntries(paging)) {
        // An entry that is clear now is worth a row if it is marked: it is what changed.
        const bool changedNow = m_state->marked(at.address);
        if (!at.entry.present() && !changedNow)
            continue;
        auto node = std::make_unique<TableNode>();
        node->kind = NodeKind::Entries;
        node->detached = parent.detached;
        node->otherHalf = parent.otherHalf;
        node->index = at.index;
        node->entry = at.entry;
        node->address = at.address;
        node->linear = paging.canonicalised(parent.linear + at.index * paging.span(table.level));
        node->rights = parent.rights & at.entry.rights;
        node->changed = changedNow;
        node->finding = finding(*node);
        node->table = snapshot.child(at.entry);
        if (!rows.empty() && joins(*rows.back(), *node))
            ++rows.back()->count;
        else
            rows.push_back(std::move(node));
    }
}

bool TablesTree::joins(const TableNode& run, const TableNode& next) const
{
    if (run.index + run.count != next.index || run.changed != next.changed || run.finding != next.finding
        || !run.entry.present() || !next.entry.present())
        return false;
    if (next.entry.isTable())
        return run.entry.isTable() && ((run.entry.raw ^ next.entry.raw) & rowBits) == 0;
    const core::Paging& paging = m_state->snapshot()->paging();
    const std::uint64_t span = paging.span(next.entry.level);
    return run.entry.isPage() && next.entry.target == run.entry.target + run.count * span
        && core::sameDistance(
            m_state->snapshot()->xen(), core::frameOf(run.entry.target), core::frameOf(next.entry.target))
        && ((run.entry.raw ^ next.entry.raw) & rowBits & ~paging.form(next.entry).addressBits()) == 0
        && m_state->snapshot()->regionAt(run.linear) == m_state->snapshot()->regionAt(next.linear);
}

/// The entries of a row of several, one by one.
std::vector<TableNodePtr> TablesTree::splitRun(const TableNode& run) const
{
    const core::Paging& paging = m_state->snapshot()->paging();
    const std::uint64_t span = paging.span(run.entry.level);
    const core::TableId holder = [&] {
        const core::Snapshot& snapshot = *m_state->snapshot();
        const auto offset = std::uint64_t{run.index} * paging.entryBytes();
        return snapshot.find(core::PhysicalAddress(run.address.value - offset), run.entry.level);
    }();
    std::vector<TableNodePtr> rows;
    if (holder == core::noTable)
        return rows;
    const core::Table& table = m_state->snapshot()->table(holder);
    for (std::uint64_t i = 0; i < run.count; ++i) {
        auto node = std::make_unique<TableNode>();
        node->kind = NodeKind::Entries;
        node->fetched = true;
        node->detached = run.detached;
        node->otherHalf = run.otherHalf;
        const core::EntryAt at = table.entryAt(paging, run.index + static_cast<unsigned>(i));
        node->index = at.index;
        node->entry = at.entry;
        node->address = at.address;
        node->linear = paging.canonicalised(run.linear + i * span);
        node->rights = run.rights;
        node->changed = run.changed;
        node->finding = run.finding;
        rows.push_back(std::move(node));
    }
    return rows;
}

bool TablesTree::expandable(const TableNode& node) const
{
    switch (node.kind) {
    case NodeKind::Root:
        return m_state != nullptr;
    case NodeKind::Heading:
        return true;
    case NodeKind::Table:
        break;
    case NodeKind::Entries:
        if (node.table == core::noTable)
            return !node.flat && node.count > 1 && node.entry.isPage();
        break;
    }
    return m_state->snapshot()->table(node.table).page != nullptr;
}

bool TablesTree::changed(const TableNode& node) const
{
    return node.changed
        || (node.table != core::noTable
            && m_state->marked(core::frameOf(m_state->snapshot()->table(node.table).address)));
}

std::optional<core::FindingState> TablesTree::finding(const TableNode& node) const
{
    if (node.kind != NodeKind::Entries)
        return std::nullopt;
    const auto found = m_findings.find(node.address);
    return found == m_findings.end() ? std::nullopt : std::optional(found->second);
}

std::vector<TableNodePtr> TablesTree::rowsOf(const std::vector<core::Run>& runs) const
{
    std::vector<TableNodePtr> rows;
    for (const core::Run& run : runs) {
        auto node = std::make_unique<TableNode>();
        node->kind = NodeKind::Entries;
        node->flat = true;
        node->fetched = true;
        node->run = run.kind;
        node->detached = run.detached();
        node->count = run.entries;
        node->bytes = run.bytes;
        node->entry = run.first;
        node->address = run.entryAddress;
        node->linear = run.begin;
        node->rights = run.rights;
        node->finding = finding(*node);
        node->changed = m_state && m_state->marked(node->address);
        rows.push_back(std::move(node));
    }
    return rows;
}

void adoptRows(TableNode& parent, std::vector<TableNodePtr> rows)
{
    parent.fetched = true;
    parent.children = std::move(rows);
    for (std::size_t i = 0; i < parent.children.size(); ++i) {
        parent.children[i]->parent = &parent;
        parent.children[i]->row = static_cast<int>(i);
    }
}

} // namespace pgtscope::views
