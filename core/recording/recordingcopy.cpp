// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/recordingcopy.h"

#include <array>
#include <filesystem>

#include "core/recording/schema.h"

namespace pgtscope::core {

namespace {

namespace fs = std::filesystem;

constexpr int pagesAtOnce = 256; // a megabyte between two looks at stopAsked

/// What SQLite keeps beside a database.
constexpr std::array<const char*, 3> companions{"-wal", "-shm", "-journal"};

void removeCompanions(const std::string& path)
{
    std::error_code ignored;
    for (const char* suffix : companions)
        fs::remove(path + suffix, ignored);
}

/// A file that is removed with its companions unless it was moved away.
class Unfinished {
public:
    explicit Unfinished(fs::path path)
        : m_path(std::move(path))
    {
    }
    ~Unfinished()
    {
        std::error_code ignored;
        fs::remove(m_path, ignored);
        removeCompanions(m_path);
    }
    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;
    const fs::path& path() const { return m_path; }

private:
    fs::path m_path;
};

/// Makes one file of a recording that is about to be replaced, which stays whole: SQLite would take a
/// write-ahead log beside the new file for that file's own. Fails while any program has it open for writing.
Result<void> foldForReplacement(const std::string& path)
{
    if (!isRecording(path))
        return {};
    auto database = editRecording(path);
    if (!database)
        return tl::unexpected(database.error());
    if (auto done = (*database)->execute("PRAGMA busy_timeout=0"); !done)
        return done;
    auto journal = (*database)->prepare("PRAGMA journal_mode=DELETE");
    const auto row = journal ? journal->next() : tl::unexpected(journal.error());
    if (row && *row && journal->text(0) == "delete")
        return {};
    return failure("replace the recording " + path, "a program is using it", "choose another name");
}

Result<void> copyPages(
    const std::string& from, const std::string& copyFile, const std::string& to, const CopyOptions& options)
{
    std::string damage;
    auto source = openRecording(from, damage);
    if (!source)
        return tl::unexpected(source.error());
    if (!damage.empty())
        return failure("copy the recording " + from, damage);
    auto copy = Database::open(copyFile, DatabaseUse::Create);
    if (!copy)
        return tl::unexpected(copy.error());
    (*copy)->reportAs(to);
    // Until it has its name nothing depends on it; afterwards it is synced.
    if (auto done = (*copy)->execute("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF"); !done)
        return done;
    return (*source)->copyTo(**copy, pagesAtOnce, [&](std::uint64_t done, std::uint64_t total) {
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
    auto beside = reserveBeside(to, options.existing);
    if (!beside)
        return tl::unexpected(beside.error());
    const Unfinished copy(beside->file);
    return copyPages(from, copy.path(), to, options)
        .and_then([&] { return foldForReplacement(beside->target); })
        .and_then([&] {
            // What is left of a recording that was removed without them.
            removeCompanions(beside->target);
            return moveInPlace(copy.path(), to, options.existing);
        });
}

} // namespace pgtscope::core
