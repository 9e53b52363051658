// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/unfinishedrecording.h"

#include <array>
#include <filesystem>

#include <unistd.h>

#include "core/recording/schema.h"

namespace pgtscope::core {

namespace {

namespace fs = std::filesystem;

/// What SQLite keeps beside a database.
constexpr std::array<const char*, 3> companions{"-wal", "-shm", "-journal"};

void removeCompanions(const std::string& path)
{
    std::error_code ignored;
    for (const char* suffix : companions)
        fs::remove(path + suffix, ignored);
}

/// Makes one file of a recording that is about to be replaced, which stays whole: SQLite would take a
/// write-ahead log beside the new file for that file's own. Fails while any program has it open for writing.
Result<void> foldForReplacement(const std::string& path)
{
    if (!isRecording(path))
        return {};
    ASSIGN_OR_RETURN(auto database, editRecording(path));
    RETURN_IF_ERROR(database->execute("PRAGMA busy_timeout=0"));
    auto journal = database->prepare("PRAGMA journal_mode=DELETE");
    const auto row = journal ? journal->next() : tl::unexpected(journal.error());
    if (row && journal->text(0) == "delete")
        return {};
    return failure("replace the recording " + path, "a program is using it", "choose another name");
}

} // namespace

Result<std::unique_ptr<UnfinishedRecording>> UnfinishedRecording::beside(
    const std::string& target, Existing existing)
{
    std::unique_ptr<UnfinishedRecording> unfinished(new UnfinishedRecording(target, existing));
    ASSIGN_OR_RETURN(unfinished->m_file, reserveBeside(target, existing));
    for (std::size_t i = 0; i < companions.size(); ++i)
        unfinished->m_beside[i] = unfinished->path() + companions[i];
    return unfinished;
}

UnfinishedRecording::~UnfinishedRecording()
{
    (void)::unlink(m_file.file.c_str());
    for (const std::string& name : m_beside)
        (void)::unlink(name.c_str());
}

Result<void> UnfinishedRecording::moveInPlace()
{
    RETURN_IF_ERROR(foldForReplacement(m_file.target));
    // What is left of a recording that was removed without them.
    removeCompanions(m_file.target);
    return core::moveInPlace(m_file.file, m_target, m_existing);
}

void removeRecording(const std::string& path)
{
    std::error_code ignored;
    fs::remove(path, ignored);
    removeCompanions(path);
}

} // namespace pgtscope::core
