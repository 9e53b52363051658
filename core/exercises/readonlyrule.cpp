// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/exercises/readonlyrule.h"

#include <algorithm>

#include "core/base/numbers.h"
#include "core/exercises/pathtext.h"
#include "core/rules/rule.h"
#include "core/walk/aliases.h"

namespace pgtscope::core {

namespace {

bool isTable(const Snapshot& snapshot, FrameNumber frame)
{
    const auto tables = snapshot.tables();
    return std::any_of(
        tables.begin(), tables.end(), [frame](const Table& table) { return table.frame() == frame; });
}

/// Whether some path to the table permits writing.
bool pathWritable(const Snapshot& snapshot, TableId table)
{
    const auto reached = reachedTables(snapshot);
    return std::any_of(reached.begin(), reached.end(),
        [table](const Reach& reach) { return reach.table == table && reach.rights.write; });
}

} // namespace

std::vector<Finding> writableTables(const SnapshotPtr& tables)
{
    const RuleContext context(tables);
    RuleReport report = leadingRule().check(context);
    std::erase_if(report.findings, [](const Finding& f) { return f.state != FindingState::Violation; });
    return std::move(report.findings);
}

std::string mappingText(const SnapshotPtr& tables, PhysicalAddress address)
{
    const auto held = entryHeldAt(*tables, address);
    if (!held)
        return "No table of this guest has an entry at " + hexText(address.value);
    const Entry& entry = held->entry;
    const std::string name = entryName(tables->paging(), *held);
    if (!entry.present())
        return name + " has P clear: it maps nothing";
    if (entry.isTable())
        return name + " leads to a table: its R/W limits what is below it, but it maps no page itself";
    const std::string frame = "frame " + hexText(frameOf(entry.target).value);
    if (!isTable(*tables, frameOf(entry.target)))
        return name + " maps " + frame + ", which is no page table: it may be writable";
    if (!entry.rights.write)
        return name + " maps the page table in " + frame
            + ", but its R/W is clear: read-only, as it should be";
    if (!pathWritable(*tables, held->table))
        return name + " maps the page table in " + frame
            + ", and its own R/W is set, but an entry above it has R/W clear: the path is read-only";
    return name + " maps the page table in " + frame + ", and every R/W on the path is set";
}

} // namespace pgtscope::core
