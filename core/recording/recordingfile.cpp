// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/recordingfile.h"

#include <cerrno>
#include <filesystem>
#include <map>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/recording/recording.h"
#include "core/recording/schema.h"

namespace pgtscope::core {

Result<void> RecordingFile::checkNew(const std::string& path)
{
    // SQLite takes both for a database that no file has.
    if (path.empty() || path == ":memory:")
        return failure(
            "create a recording", path.empty() ? "its name is empty" : path + " is no file", "name a file");
    const std::string tried = "create the recording " + path;
    if (const auto recording = recordingOfLog(path))
        return failure(tried, "it is a part of the recording " + *recording, "choose another name");
    std::error_code error;
    const auto status = std::filesystem::symlink_status(path, error);
    if (!std::filesystem::exists(status)) {
        const std::filesystem::path directory = std::filesystem::path(path).parent_path();
        if (::access(directory.empty() ? "." : directory.c_str(), W_OK | X_OK) != 0)
            return failure(tried, std::generic_category().message(errno),
                "check its directory, and that you may write there");
        return {};
    }
    // A recorder that was killed as it began leaves an empty file.
    if (std::filesystem::is_regular_file(status) && std::filesystem::file_size(path, error) == 0)
        return {};
    const auto recording = isRecording(path) ? Recording::open(path) : tl::unexpected(Error{});
    if (recording && (*recording)->size() == 0)
        return failure(tried,
            "it exists already and holds no step, probably left by a recorder that was killed",
            "remove it if no recorder is using it");
    return failure(tried, "it exists already", "choose another name or remove it");
}

RecordingFile::Identity RecordingFile::identityOf(const std::string& path)
{
    struct stat status { };
    return ::stat(path.c_str(), &status) == 0 ? Identity{status.st_dev, status.st_ino} : Identity{};
}

/// Makes the file exclusively, so that two recorders never share one; one that is there is empty.
Result<void> RecordingFile::makeFile()
{
    const int file = ::open(m_path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    m_made = file >= 0;
    if (m_made)
        ::close(file);
    else if (errno != EEXIST)
        return failure("create the recording " + m_path, std::generic_category().message(errno),
            "check its directory, and that you may write there");
    m_file = identityOf(m_path);
    return {};
}

Result<void> RecordingFile::create(
    const std::string& path, const GuestDescription& guest, Durability durability)
{
    m_path = path;
    RETURN_IF_ERROR(checkNew(path));
    RETURN_IF_ERROR(makeFile());
    ASSIGN_OR_RETURN(m_database, Database::open(m_path, DatabaseUse::Edit));
    RETURN_IF_ERROR(createSchema(*m_database));
    RETURN_IF_ERROR(prepare(durability));
    return writeMeta(guest);
}

Result<void> RecordingFile::reopen(const std::string& path, Durability durability)
{
    m_path = path;
    ASSIGN_OR_RETURN(m_database, editRecording(path));
    m_file = identityOf(m_path);
    return prepare(durability);
}

Result<void> RecordingFile::prepare(Durability durability)
{
    RETURN_IF_ERROR(m_database->execute(
        durability == Durability::Power ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
    ASSIGN_OR_RETURN(m_begin, m_database->prepare("BEGIN IMMEDIATE"));
    ASSIGN_OR_RETURN(m_commit, m_database->prepare("COMMIT"));
    return stillThere();
}

void RecordingFile::remove()
{
    const bool ours = m_made && stillThere();
    // SQLite removes the files that it keeps beside the recording.
    close();
    if (ours)
        (void)::unlink(m_path.c_str());
}

/// What is written to a file that was removed while open is lost.
Result<void> RecordingFile::stillThere() const
{
    if (m_file != Identity{} && identityOf(m_path) == m_file)
        return {};
    return failure("record to " + m_path, "the file has been removed or replaced", "start a new one");
}

Result<void> RecordingFile::logStillThere()
{
    const Identity now = identityOf(m_path + "-wal");
    if (m_log == Identity{})
        m_log = now;
    if (now != Identity{} && now == m_log)
        return {};
    return failure("record to " + m_path, "its write-ahead log has been removed", "start a new one");
}

Result<void> RecordingFile::commit()
{
    RETURN_IF_ERROR(m_commit.run());
    // After it: what is reported as durable next is there by name.
    RETURN_IF_ERROR(stillThere());
    return logStillThere();
}

Result<void> RecordingFile::writeMeta(const GuestDescription& guest)
{
    const std::map<std::string_view, std::string> values{{"guest", guest.guest}, {"kernel", guest.kernel},
        {"command_line", guest.commandLine}, {"machine", guest.machine}, {"grain", guest.granularity},
        {"recorder", guest.recorder}, {"started", guest.started}, {"rules", guest.rules},
        {"recipe", guest.recipe}, {"memory_bytes", std::to_string(guest.memoryBytes)}, {"finished", "0"}};
    ASSIGN_OR_RETURN(auto insert, m_database->prepare("INSERT INTO meta VALUES(?, ?)"));
    RETURN_IF_ERROR(begin());
    for (const auto& [key, value] : values)
        RETURN_IF_ERROR(insert.bind(0, key).bind(1, std::string_view(value)).run());
    return commit();
}

Result<void> RecordingFile::markFinished(bool finished)
{
    return m_database->execute(
        std::string("UPDATE meta SET value='") + (finished ? '1' : '0') + "' WHERE key='finished'");
}

Result<void> RecordingFile::pack()
{
    // Both go through the write-ahead log.
    auto done = m_database->execute("VACUUM").and_then(
        [&] { return m_database->execute("PRAGMA wal_checkpoint(TRUNCATE)"); });
    close();
    return done.and_then([this] { return stillThere(); });
}

void RecordingFile::close()
{
    m_begin = {};
    m_commit = {};
    m_database.reset();
}

} // namespace pgtscope::core
