// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string_view>

#include "core/model/snapshot.h"
#include "core/walk/runs.h"

namespace pgtscope::core {

enum class RunFormat : std::uint8_t {
    Text, ///< Lines in the layout of the kernel's ptdump, runs merged.
    Tlb, ///< Lines as QEMU's "info tlb" prints them, one a page.
    Json, ///< One object with an array "runs"; the fields are those of fields().
    Csv, ///< A header line, then a line a run; the fields are those of fields().
};

/// "text", "tlb", "json" or "csv"; nullopt if it is none of them.
std::optional<RunFormat> runFormatByName(std::string_view name);

struct RunWriterOptions {
    /// Text only: each line says the physical address too.
    bool physical = false;
};

/// Writes a snapshot's runs to a stream one by one; memory does not grow with their number.
class RunWriter {
public:
    virtual ~RunWriter() = default;

    /// Everything before the first run.
    virtual void begin() = 0;
    /// False once the stream has failed: nothing more can be written.
    virtual bool write(const Run& run) = 0;
    /// Everything after the last run; says so where the runs are not complete.
    virtual void end(RunsEnd how) = 0;
};

/// `snapshot` and `out` must outlive the writer.
std::unique_ptr<RunWriter> makeRunWriter(
    RunFormat format, const Snapshot& snapshot, std::ostream& out, const RunWriterOptions& options = {});

/// How forEachRun() has to make the runs for this format: merged or not, shared tables expanded or not.
RunOptions runOptions(RunFormat format, const RunWriterOptions& options = {});

/// begin(), every run, end().
RunsEnd writeRuns(RunWriter& writer, const Snapshot& snapshot, const RunOptions& options);

} // namespace pgtscope::core
