// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "core/report/runwriter.h"

namespace pgtscope::core {

/// Runs in the layout of the kernel's ptdump (arch/x86/mm/dump_pagetables.c, v6.1). It differs in three
/// ways: rights are the path's, not the leaf's (the kernel keeps those for its W+X check), with a note where
/// the two differ; runs without any mapping are left out; and there are lines for what the kernel never
/// meets: shared tables printed before, reserved bits and tables that cannot be read.
class TextWriter : public RunWriter {
public:
    TextWriter(const Snapshot& snapshot, std::ostream& out, const RunWriterOptions& options);

    void begin() override;
    bool write(const Run& run) override;
    void end(RunsEnd how) override;

private:
    void addMarker(const Run& run);
    void addRange(const Run& run);
    void addFlags(const Run& run);
    void addOwnRights(const Run& run);
    void addRegionsWithin(const Run& run);
    void addOther(const Run& run);
    bool flushLine();

    const Snapshot& m_snapshot;
    std::ostream& m_out;
    RunWriterOptions m_options;
    unsigned m_digits;
    std::string m_line;
    std::string_view m_title = "no region"; ///< Of the part that the lines are in; the snapshot's.
};

} // namespace pgtscope::core
