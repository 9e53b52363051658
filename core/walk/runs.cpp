// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/runs.h"

#include <algorithm>
#include <vector>

#include "core/paging/infotlb.h"
#include "core/walk/runmerger.h"

namespace pgtscope::core {

std::string_view kindText(RunKind kind)
{
    switch (kind) {
    case RunKind::Mapping:
        return "page";
    case RunKind::SharedTable:
        return "shared";
    case RunKind::Reserved:
        return "reserved";
    case RunKind::Gap:
        return "gap";
    }
    return "";
}

namespace {

class RunOps {
public:
    RunOps(const Snapshot& snapshot, const RunOptions& options, const std::function<bool(const Run&)>& out)
        : m_snapshot(snapshot)
        , m_options(options)
        , m_merger(snapshot, options, out)
        , m_visited(snapshot)
    {
    }

    WalkAction page(const WalkedEntry& walked) { return unlessStopped(m_merger.addPage(walked)); }

    WalkAction table(const WalkedEntry& walked, TableId child)
    {
        if (m_options.cancel && m_options.cancel->cancelled()) {
            m_merger.cancel();
            return WalkAction::Stop;
        }
        if (m_options.expandShared)
            return WalkAction::Continue;
        const LinearAddress before = m_visited.visit(child, walked.rights, walked.linear);
        if (before == VisitedTables::notYet)
            return WalkAction::Continue;
        // Among detached tables there is no linear address to name: what is in the table was reported before.
        if (m_detachedRoot != noTable && m_snapshot.table(child).origin == TableOrigin::Detached)
            return WalkAction::Skip;
        Run run = m_merger.describe(RunKind::SharedTable, walked);
        run.sameAs = before;
        return m_merger.add(run) ? WalkAction::Skip : WalkAction::Stop;
    }

    WalkAction gap(const WalkedEntry& walked, TableState state)
    {
        const Paging& paging = m_snapshot.paging();
        if (m_options.asInfoTlb && infotlb::followsDespiteReserved(paging, walked.entry)) {
            const TableId behind
                = m_snapshot.find(infotlb::tableBehind(walked.entry), walked.entry.level - 1U);
            if (behind != noTable && m_snapshot.table(behind).page)
                return unlessStopped(walkTable(m_snapshot, behind, walked.linear, walked.rights, *this));
        }
        Run run = m_merger.describe(walked.entry.reserved != 0 ? RunKind::Reserved : RunKind::Gap, walked);
        run.gap = state;
        return unlessStopped(m_merger.add(run));
    }

    /// The runs from here on are of this detached table, and of those that it references.
    void enterDetached(TableId id)
    {
        m_detachedRoot = id;
        m_merger.enterDetached(id);
    }

    RunsEnd finish() { return m_merger.finish(); }

private:
    static WalkAction unlessStopped(bool goesOn) { return goesOn ? WalkAction::Continue : WalkAction::Stop; }

    const Snapshot& m_snapshot;
    const RunOptions& m_options;
    RunMerger m_merger;
    VisitedTables m_visited;
    TableId m_detachedRoot = noTable;
};

/// The detached tables that no other one references.
std::vector<TableId> detachedRoots(const Snapshot& snapshot)
{
    const auto tables = snapshot.tables();
    const auto detached
        = [&](TableId id) { return tables[id].origin == TableOrigin::Detached && tables[id].page; };
    std::vector<bool> referenced(tables.size());
    for (TableId id = 0; id < tables.size(); ++id)
        if (detached(id) && tables[id].level > 1)
            for (const EntryAt& at : tables[id].entries(snapshot.paging()))
                if (const TableId child = snapshot.readChild(at.entry); child != noTable)
                    referenced[child] = true;
    std::vector<TableId> roots;
    for (TableId id = 0; id < tables.size(); ++id)
        if (detached(id) && !referenced[id])
            roots.push_back(id);
    return roots;
}

bool walkDetached(const Snapshot& snapshot, RunOps& runs)
{
    const std::vector<TableId> roots = detachedRoots(snapshot);
    return std::all_of(roots.begin(), roots.end(), [&](TableId id) {
        runs.enterDetached(id);
        return walkTable(snapshot, id, LinearAddress(0), Rights{}, runs);
    });
}

} // namespace

RunsEnd forEachRun(
    const Snapshot& snapshot, const RunOptions& options, const std::function<bool(const Run&)>& sink)
{
    RunOps runs(snapshot, options, sink);
    if (walk(snapshot, runs) && options.detached)
        walkDetached(snapshot, runs);
    return runs.finish();
}

} // namespace pgtscope::core
