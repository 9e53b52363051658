// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/cancel.h"
#include "core/timeline/timeline.h"
#include "gdb/recorder/stepfile.h"

namespace pgtscope::gdb {

/// A copy of a recording that gets whatever is appended to the recording.
class SavedCopy {
public:
    /// Of a file that copyRecording() has made. `everyStore`: the recording has the steps of single stores.
    static core::Result<std::unique_ptr<SavedCopy>> open(const std::string& path, bool everyStore);
    /// A new file, without a step.
    static core::Result<std::unique_ptr<SavedCopy>> create(
        const std::string& path, const core::GuestDescription& guest, bool everyStore);

    const std::string& path() const { return m_file->writer()->path(); }
    /// Appends the steps that the copy does not have yet.
    core::Result<void> update(const core::Timeline& timeline, const core::Progress& progress = {})
    {
        return update(timeline, timeline.size(), progress);
    }
    /// The same, of the first `size` steps only.
    core::Result<void> update(
        const core::Timeline& timeline, core::StepNumber size, const core::Progress& progress);
    core::Result<void> setSymbols(const core::SymbolTable& symbols);
    core::Result<void> finish() { return m_file->finish(); }

private:
    SavedCopy(std::unique_ptr<StepFile> file, bool everyStore);
    core::Result<void> add(
        const core::Timeline& timeline, core::StepNumber number, std::vector<core::WriteStep>& stores);
    core::Result<void> flush(std::vector<core::WriteStep>& stores);
    core::Result<void> addStop(
        const core::Timeline& timeline, core::StepNumber number, const core::StepChanges& changes);

    std::unique_ptr<StepFile> m_file;
    bool m_everyStore;
    std::optional<core::Paging> m_paging; ///< At the last stop; between two it stays.
};

} // namespace pgtscope::gdb
