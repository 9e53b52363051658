// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/runwriter.h"

#include "core/report/recordwriter.h"
#include "core/report/textwriter.h"
#include "core/report/tlbwriter.h"

namespace pgtscope::core {

std::optional<RunFormat> runFormatByName(std::string_view name)
{
    if (name == "text")
        return RunFormat::Text;
    if (name == "tlb")
        return RunFormat::Tlb;
    if (name == "json")
        return RunFormat::Json;
    if (name == "csv")
        return RunFormat::Csv;
    return std::nullopt;
}

std::unique_ptr<RunWriter> makeRunWriter(
    RunFormat format, const Snapshot& snapshot, std::ostream& out, const RunWriterOptions& options)
{
    switch (format) {
    case RunFormat::Text:
        return std::make_unique<TextWriter>(snapshot, out, options);
    case RunFormat::Tlb:
        return std::make_unique<TlbWriter>(snapshot, out);
    case RunFormat::Json:
        return std::make_unique<JsonWriter>(snapshot, out);
    case RunFormat::Csv:
        return std::make_unique<CsvWriter>(snapshot, out);
    }
    return nullptr;
}

RunOptions runOptions(RunFormat format, const RunWriterOptions& options)
{
    RunOptions runs;
    switch (format) {
    case RunFormat::Text:
        runs.physicallyContiguous = options.physical;
        break;
    case RunFormat::Tlb:
        runs.merge = false;
        runs.expandShared = true;
        runs.asInfoTlb = true;
        break;
    case RunFormat::Json:
    case RunFormat::Csv:
        runs.distinguishAccessed = true;
        break;
    }
    return runs;
}

RunsEnd writeRuns(RunWriter& writer, const Snapshot& snapshot, const RunOptions& options)
{
    writer.begin();
    const RunsEnd end = forEachRun(snapshot, options, [&](const Run& run) { return writer.write(run); });
    writer.end(end);
    return end;
}

} // namespace pgtscope::core
