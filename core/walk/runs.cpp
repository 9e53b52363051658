// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/runs.h"

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
        : m_options(options)
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
        Run run = m_merger.describe(RunKind::SharedTable, walked);
        run.sameAs = before;
        return m_merger.add(run) ? WalkAction::Skip : WalkAction::Stop;
    }

    WalkAction gap(const WalkedEntry& walked, TableState state)
    {
        Run run = m_merger.describe(walked.entry.reserved != 0 ? RunKind::Reserved : RunKind::Gap, walked);
        run.gap = state;
        return unlessStopped(m_merger.add(run));
    }

    RunsEnd finish() { return m_merger.finish(); }

private:
    static WalkAction unlessStopped(bool goesOn) { return goesOn ? WalkAction::Continue : WalkAction::Stop; }

    const RunOptions& m_options;
    RunMerger m_merger;
    VisitedTables m_visited;
};

} // namespace

RunsEnd forEachRun(
    const Snapshot& snapshot, const RunOptions& options, const std::function<bool(const Run&)>& sink)
{
    RunOps runs(snapshot, options, sink);
    walk(snapshot, runs);
    return runs.finish();
}

} // namespace pgtscope::core
