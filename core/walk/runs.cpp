// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/runs.h"

#include <vector>

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

/// Remembers each (table, inherited rights) that was told, and where.
class ToldTables {
public:
    explicit ToldTables(std::size_t tables)
        : m_at(tables * rightsCount, notYet)
    {
    }
    /// The address it was told at before, or `notYet` after noting `linear`.
    LinearAddress note(TableId table, Rights rights, LinearAddress linear)
    {
        LinearAddress& at = m_at[std::size_t{table} * rightsCount + rights.index()];
        const LinearAddress before = at;
        if (before == notYet)
            at = linear;
        return before;
    }
    // No table begins at an odd address.
    static constexpr LinearAddress notYet{1};

private:
    std::vector<LinearAddress> m_at;
};

class RunSink {
public:
    RunSink(const Snapshot& snapshot, const RunOptions& options, const std::function<bool(const Run&)>& out)
        : m_options(options)
        , m_merger(snapshot, options, out)
        , m_told(options.expandShared ? 0 : snapshot.tables().size())
    {
    }

    bool page(const WalkedEntry& walked) { return m_merger.addPage(walked); }

    Descent enter(const WalkedEntry& walked, TableId child)
    {
        if (m_options.cancel && m_options.cancel->cancelled()) {
            m_merger.cancel();
            return Descent::Stop;
        }
        if (m_options.expandShared)
            return Descent::Into;
        const LinearAddress before = m_told.note(child, walked.rights, walked.linear);
        if (before == ToldTables::notYet)
            return Descent::Into;
        Run run = m_merger.describe(RunKind::SharedTable, walked);
        run.sameAs = before;
        return m_merger.add(run) ? Descent::Past : Descent::Stop;
    }

    bool gap(const WalkedEntry& walked, TableState state)
    {
        Run run = m_merger.describe(walked.entry.reserved != 0 ? RunKind::Reserved : RunKind::Gap, walked);
        run.gap = state;
        return m_merger.add(run);
    }

    RunsEnd finish() { return m_merger.finish(); }

private:
    const RunOptions& m_options;
    RunMerger m_merger;
    ToldTables m_told;
};

} // namespace

RunsEnd forEachRun(
    const Snapshot& snapshot, const RunOptions& options, const std::function<bool(const Run&)>& sink)
{
    RunSink runs(snapshot, options, sink);
    walk(snapshot, runs);
    return runs.finish();
}

} // namespace pgtscope::core
