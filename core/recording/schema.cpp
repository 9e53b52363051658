// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/schema.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace pgtscope::core {

namespace {

struct TableText {
    std::string_view name;
    std::string_view sql;
    bool always = true; ///< False: recordings of format 1 lack it.
};

// A step is one row of step_tail when it is announced; full groups of them move to step_chunks as one packed
// value. A page is stored once by content. A keyframe is a whole state that names its pages. The texts are
// compared with those in the file, letter for letter.
constexpr std::array<TableText, 9> tables{{
    {"meta", "CREATE TABLE meta(key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID"},
    {"step_tail",
        "CREATE TABLE step_tail(number INTEGER PRIMARY KEY, hash BLOB NOT NULL, data BLOB NOT NULL)"},
    {"step_chunks",
        "CREATE TABLE step_chunks(first INTEGER PRIMARY KEY, count INTEGER NOT NULL, bytes INTEGER NOT NULL, "
        "hash BLOB NOT NULL, data BLOB NOT NULL)"},
    {"keyframes",
        "CREATE TABLE keyframes(step INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, hash BLOB NOT NULL, "
        "data BLOB NOT NULL)"},
    {"pages", "CREATE TABLE pages(id INTEGER PRIMARY KEY, hash BLOB NOT NULL, data BLOB NOT NULL)"},
    {"symbols",
        "CREATE TABLE symbols(id INTEGER PRIMARY KEY, slide INTEGER NOT NULL, bytes INTEGER NOT NULL, "
        "hash BLOB NOT NULL, data BLOB NOT NULL)"},
    {"annotations_format", "CREATE TABLE annotations_format(version INTEGER PRIMARY KEY)"},
    {"annotations",
        "CREATE TABLE annotations(id INTEGER PRIMARY KEY, step INTEGER NOT NULL, kind INTEGER NOT NULL, "
        "title TEXT NOT NULL, body TEXT NOT NULL)"},
    {"code",
        "CREATE TABLE code(step INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, hash BLOB NOT NULL, "
        "data BLOB NOT NULL)",
        false},
}};

constexpr std::size_t headerBytes = 100; // SQLite's file format, section 1.3

std::uint32_t bigEndian(std::string_view header, std::size_t at)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value = value << 8 | static_cast<unsigned char>(header[at + i]);
    return value;
}

/// Of any format.
bool isRecordingHeader(std::string_view header)
{
    // Offsets of SQLite's file format, section 1.3: user version 60, application id 68.
    return header.size() == headerBytes && header.starts_with(std::string_view("SQLite format 3", 16))
        && bigEndian(header, 68) == recordingApplicationId;
}

bool logBeside(const std::string& path)
{
    std::error_code error;
    const auto size = std::filesystem::file_size(path + "-wal", error);
    return !error && size > 0;
}

/// True if the file is shorter than its header says (offsets 16 and 28 of SQLite's file format,
/// section 1.3). Not to be called while a write-ahead log is beside it.
bool isShort(const std::string& path)
{
    const auto header = Database::header(path);
    if (!header || header->size() < headerBytes)
        return false;
    const std::uint64_t pageSize = bigEndian(*header, 16) >> 16;
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    return !error && size < std::uint64_t{bigEndian(*header, 28)} * (pageSize == 1 ? 65'536 : pageSize);
}

Result<std::unique_ptr<Database>> openChecked(const std::string& path, DatabaseUse use)
{
    auto database = Database::open(path, use);
    if (!database)
        return database;
    RETURN_IF_ERROR((*database)->execute("PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"));
    RETURN_IF_ERROR(checkSchema(**database));
    return database;
}

/// SQLite keeps the old way without an error where a file system has no memory that programs share.
Result<void> useLog(Database& database)
{
    ASSIGN_OR_RETURN(auto query, database.prepare("PRAGMA journal_mode=WAL"));
    RETURN_IF_ERROR(query.next());
    if (query.text(0) == "wal")
        return {};
    return failure("create the recording " + database.path(),
        "its file system allows no write-ahead log, without which no other program could read it meanwhile",
        "record to a local disk, and move the file when it is complete");
}

} // namespace

Result<void> createSchema(Database& database)
{
    // The header is written before the write-ahead log takes over: it identifies the file from the start.
    std::string sql = "PRAGMA application_id=" + std::to_string(recordingApplicationId)
        + "; PRAGMA user_version=" + std::to_string(recordingFormat) + "; BEGIN;";
    for (const TableText& table : tables)
        sql += std::string(table.sql) + ";";
    sql += "INSERT INTO annotations_format VALUES(" + std::to_string(annotationsFormat) + "); COMMIT;";
    RETURN_IF_ERROR(database.execute(sql));
    return useLog(database);
}

bool isRecording(const std::string& path)
{
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return false;
    const auto header = Database::header(path);
    return header && isRecordingHeader(*header);
}

std::optional<std::string> recordingOfLog(const std::string& path)
{
    std::error_code error;
    const std::string place = std::filesystem::weakly_canonical(path, error).string();
    // SQLite's own names (sqlite.org, "Temporary Files Used By SQLite").
    for (const std::string_view suffix : {"-wal", "-shm", "-journal"})
        for (const std::string& name : {path, place})
            if (name.ends_with(suffix))
                if (std::string recording = name.substr(0, name.size() - suffix.size());
                    isRecording(recording))
                    return recording;
    return std::nullopt;
}

Result<void> checkHeader(const std::string& path)
{
    const std::string tried = "open the recording " + path;
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return failure(tried, error ? error.message() : "it is not a file", "check the name");
    const auto header = Database::header(path);
    if (!header)
        return failure(tried, "it cannot be read", "check that you may read it");
    if (header->empty())
        return failure(tried, "it is empty");
    if (!isRecordingHeader(*header))
        return failure(tried, "it is not a pgtscope recording");
    const std::uint32_t format = bigEndian(*header, 60);
    if (format > recordingFormat)
        return failure(tried,
            "it has format " + std::to_string(format) + ", this program reads formats up to "
                + std::to_string(recordingFormat),
            "open it with a newer pgtscope");
    if (format < oldestRecordingFormat)
        return failure(tried, "it is not a pgtscope recording");
    return {};
}

Result<std::uint32_t> formatOf(Database& database)
{
    ASSIGN_OR_RETURN(auto query, database.prepare("PRAGMA user_version"));
    RETURN_IF_ERROR(query.next());
    const std::uint64_t format = query.number(0);
    if (format < oldestRecordingFormat || format > recordingFormat)
        return failure("read " + database.path(), "it is damaged");
    return static_cast<std::uint32_t>(format);
}

Result<void> checkSchema(Database& database)
{
    ASSIGN_OR_RETURN(auto query, database.prepare("SELECT type, name, sql FROM sqlite_schema"));
    std::size_t found = 0;
    std::size_t needed = 0;
    for (;;) {
        ASSIGN_OR_RETURN(auto row, query.next());
        if (!row)
            break;
        bool known = false;
        for (const TableText& table : tables) {
            const bool same
                = query.text(0) == "table" && query.text(1) == table.name && query.text(2) == table.sql;
            known = known || same;
            needed += same && table.always ? 1 : 0;
        }
        if (!known || ++found > tables.size())
            return failure("read " + database.path(), "it contains objects that no recording has",
                "do not trust its source");
    }
    if (needed
        != static_cast<std::size_t>(
            std::count_if(tables.begin(), tables.end(), [](const TableText& table) { return table.always; })))
        return failure("read " + database.path(), "parts of a recording are missing in it");
    return {};
}

Result<std::unique_ptr<Database>> openRecording(const std::string& path, std::string& damage)
{
    RETURN_IF_ERROR(checkHeader(path));
    const bool alone = !logBeside(path);
    if (alone && isShort(path))
        damage = "the end of the file is missing";
    auto database = openChecked(path, alone ? DatabaseUse::ReadAlone : DatabaseUse::Read);
    if (database)
        return database;
    auto salvaged = openChecked(path, DatabaseUse::Salvage);
    if (!salvaged)
        return database;
    if (damage.empty())
        damage = database.error().happened;
    return salvaged;
}

Result<std::unique_ptr<Database>> followRecording(const std::string& path)
{
    auto database = openChecked(path, DatabaseUse::Follow);
    if (database)
        RETURN_IF_ERROR((*database)->execute("PRAGMA query_only=ON"));
    return database;
}

Result<std::unique_ptr<Database>> editRecording(const std::string& path)
{
    RETURN_IF_ERROR(checkHeader(path));
    auto database = openChecked(path, DatabaseUse::Edit);
    if (database)
        RETURN_IF_ERROR((*database)->execute("PRAGMA synchronous=NORMAL"));
    return database;
}

} // namespace pgtscope::core
