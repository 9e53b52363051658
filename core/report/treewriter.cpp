// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/treewriter.h"

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/linux/pageisolation.h"
#include "core/report/spaceword.h"

namespace pgtscope::core {

namespace {

/// Neighbouring entries of one table that reference the same table, or pages that follow one another.
struct EntryRun {
    unsigned first = 0;
    unsigned count = 0;
    Entry entry; ///< The first one.
};

bool joins(const Snapshot& snapshot, const EntryRun& run, const Entry& entry)
{
    const Paging& paging = snapshot.paging();
    if (run.entry.kind != entry.kind || run.entry.reserved != 0 || entry.reserved != 0)
        return false;
    const std::uint64_t free = paging.form(entry).addressBits() | setByProcessor;
    if (((run.entry.raw ^ entry.raw) & ~free) != 0)
        return false;
    const std::uint64_t step = entry.isPage() ? paging.span(entry.level) * run.count : 0;
    return entry.target == run.entry.target + step
        && (!entry.isPage()
            || sameDistance(snapshot.xen(), frameOf(run.entry.target), frameOf(entry.target)));
}

std::vector<EntryRun> entryRuns(const Snapshot& snapshot, const Table& table)
{
    std::vector<EntryRun> runs;
    for (const EntryAt& at : table.entries(snapshot.paging())) {
        if (!runs.empty() && runs.back().first + runs.back().count == at.index
            && joins(snapshot, runs.back(), at.entry))
            ++runs.back().count;
        else
            runs.push_back({at.index, 1, at.entry});
    }
    return runs;
}

std::string indexText(const EntryRun& run)
{
    std::string text = "[" + std::to_string(run.first);
    if (run.count > 1)
        text += "-" + std::to_string(run.first + run.count - 1);
    return text + "]";
}

class TreeText {
public:
    TreeText(std::ostream& out, const Snapshot& snapshot, Dialect dialect)
        : m_out(out)
        , m_snapshot(snapshot)
        , m_dialect(dialect)
        , m_printed(snapshot.tables().size())
    {
    }

    void write()
    {
        for (TableId id = 0; id < m_snapshot.tables().size(); ++id) {
            const Table& table = m_snapshot.table(id);
            const bool root = id == 0 || id == m_snapshot.otherRoot();
            if (m_printed[id] || (!root && table.origin != TableOrigin::Detached))
                continue;
            m_out << (root ? rootWord(id) : "detached ");
            m_out << tableName(m_snapshot.paging(), table.level, m_dialect) << " table at "
                  << spaceWord(m_snapshot) << hexText(table.address.value)
                  << guestFrameText(m_snapshot.xen(), table.frame()) << '\n';
            writeTable(id, LinearAddress(0), root, 1);
        }
    }

private:
    /// "root ", with KPTI "root of KPTI's user half: ".
    std::string rootWord(TableId id) const
    {
        return m_snapshot.otherHalf()
            ? "root of " + std::string(halfText(m_snapshot.table(id).address)) + ": "
            : "root ";
    }

    void writeTable(TableId id, LinearAddress base, bool reachable, unsigned depth)
    {
        m_printed[id] = true;
        const Paging& paging = m_snapshot.paging();
        const Table& table = m_snapshot.table(id);
        const std::string indent(2 * depth, ' ');
        if (!table.page) {
            m_out << indent << "(" << stateText(table.state) << ")\n";
            return;
        }
        for (const EntryRun& run : entryRuns(m_snapshot, table)) {
            const LinearAddress linear
                = paging.canonicalised(base + (std::uint64_t{run.first} << paging.at(table.level).shift));
            m_out << indent << levelName(paging, table.level, m_dialect) << indexText(run) << ' ';
            if (reachable)
                m_out << hexText(linear.value, paging.linearBits() == 32 ? 8 : 16) << ' ';
            writeTarget(run);
            m_out << "  " << entryBitsText(paging, run.entry) << '\n';
            descend(run, linear, reachable, depth);
        }
    }

    std::string targetText(const EntryRun& run) const
    {
        return std::string(spaceWord(m_snapshot)) + hexText(run.entry.target.value)
            + guestFrameText(m_snapshot.xen(), frameOf(run.entry.target));
    }

    void writeTarget(const EntryRun& run)
    {
        const Paging& paging = m_snapshot.paging();
        if (run.entry.reserved != 0)
            m_out << "reserved bits set in " << hexText(run.entry.raw);
        else if (run.entry.isTable())
            m_out << "-> table at " << targetText(run);
        else
            m_out << "-> " << run.count << " x " << sizeText(paging.span(run.entry.level)) << " at "
                  << targetText(run);
    }

    void descend(const EntryRun& run, LinearAddress linear, bool reachable, unsigned depth)
    {
        const TableId child = m_snapshot.child(run.entry);
        if (child == noTable)
            return;
        if (m_printed[child])
            m_out << std::string(2 * depth + 2, ' ') << "(printed above)\n";
        else
            writeTable(child, linear, reachable, depth + 1);
    }

    std::ostream& m_out;
    const Snapshot& m_snapshot;
    Dialect m_dialect;
    std::vector<bool> m_printed;
};

nlohmann::json entryJson(const Paging& paging, const EntryRun& run)
{
    return {{"index", run.first}, {"entries", run.count}, {"raw", hexText(run.entry.raw)},
        {"kind", run.entry.isPage() ? "page" : "table"}, {"target", hexText(run.entry.target.value)},
        {"reserved", hexText(run.entry.reserved)}, {"bits", entryBitsText(paging, run.entry)}};
}

nlohmann::json tableJson(const Snapshot& snapshot, const Table& table, Dialect dialect)
{
    nlohmann::json json{{"address", hexText(table.address.value)}, {"level", table.level},
        {"name", levelName(snapshot.paging(), table.level, dialect)},
        {"origin", table.origin == TableOrigin::Detached ? "detached" : "reachable"},
        {"state", table.page ? "read" : std::string(stateText(table.state))},
        {"entries", nlohmann::json::array()}};
    if (table.origin == TableOrigin::OtherHalf)
        json["half"] = halfName(isolationHalfOf(*snapshot.otherHalf()));
    for (const EntryRun& run : entryRuns(snapshot, table))
        json["entries"].push_back(entryJson(snapshot.paging(), run));
    return json;
}

} // namespace

void writeTreeText(std::ostream& out, const Snapshot& snapshot, Dialect dialect)
{
    if (!snapshot.paging().enabled())
        out << "Paging is off: linear addresses are physical addresses.\n";
    TreeText(out, snapshot, dialect).write();
}

void writeTreeJson(std::ostream& out, const Snapshot& snapshot, Dialect dialect)
{
    const Paging& paging = snapshot.paging();
    std::string text;
    JsonStream stream(text);
    stream.open('{');
    stream.key("paging");
    stream.text(paging.name());
    stream.key("root");
    stream.hex(snapshot.root().value);
    stream.key("tables");
    stream.open('[');
    for (const Table& table : snapshot.tables()) {
        stream.newLine();
        stream.ready(jsonLine(tableJson(snapshot, table, dialect)));
        out << std::exchange(text, {});
    }
    stream.newLine();
    stream.close(']');
    stream.close('}');
    out << text << '\n';
}

} // namespace pgtscope::core
