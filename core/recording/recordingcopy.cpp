// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/recordingcopy.h"

#include <filesystem>

#include "core/recording/schema.h"
#include "core/recording/unfinishedrecording.h"

namespace pgtscope::core {

namespace {

namespace fs = std::filesystem;

constexpr int pagesAtOnce = 256; // a megabyte between two looks at stopAsked

Result<void> copyPages(
    const std::string& from, const std::string& copyFile, const std::string& to, const CopyOptions& options)
{
    std::string damage;
    ASSIGN_OR_RETURN(auto source, openRecording(from, damage));
    if (!damage.empty())
        return failure("copy the recording " + from, damage);
    ASSIGN_OR_RETURN(auto copy, Database::open(copyFile, DatabaseUse::Create));
    copy->reportAs(to);
    // Until it has its name nothing depends on it; afterwards it is synced.
    RETURN_IF_ERROR(copy->execute("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF"));
    return source->copyTo(*copy, pagesAtOnce, [&](std::uint64_t done, std::uint64_t total) {
        if (options.progress)
            options.progress("Saving", done, total);
        return !options.stopAsked || !options.stopAsked();
    });
}

} // namespace

Result<void> copyRecording(const std::string& from, const std::string& to, const CopyOptions& options)
{
    std::error_code missing;
    if (fs::equivalent(from, to, missing))
        return failure("copy the recording " + from, "it would replace itself", "choose another name");
    ASSIGN_OR_RETURN(auto copy, UnfinishedRecording::beside(to, options.existing));
    return copyPages(from, copy->path(), to, options).and_then([&] { return copy->moveInPlace(); });
}

} // namespace pgtscope::core
