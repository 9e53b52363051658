// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fstream>
#include <string>

#include <sqlite3.h>

#include "core/recording/compression.h"
#include "core/recording/recordingwriter.h"
#include "tests/core/bootstory.h"
#include "tests/support/catch.h"

namespace pgtscope::tests {

/// A file as any program with SQLite can change it.
class Tampering {
public:
    explicit Tampering(const std::string& path)
    {
        REQUIRE(sqlite3_open(path.c_str(), &m_database) == SQLITE_OK);
    }
    ~Tampering() { sqlite3_close(m_database); }
    Tampering(const Tampering&) = delete;
    Tampering& operator=(const Tampering&) = delete;

    void run(const std::string& sql)
    {
        const int result = sqlite3_exec(m_database, sql.c_str(), nullptr, nullptr, nullptr);
        INFO(sql << ": " << sqlite3_errmsg(m_database));
        CHECK(result == SQLITE_OK);
    }
    /// Puts `data` into a row, with the hash that belongs to it.
    void put(const std::string& table, const std::string& where, ByteView data)
    {
        const ContentHash hash = contentHash(data);
        sqlite3_stmt* update = nullptr;
        const std::string sql = "UPDATE " + table + " SET data = ?, hash = ? WHERE " + where;
        REQUIRE(sqlite3_prepare_v2(m_database, sql.c_str(), -1, &update, nullptr) == SQLITE_OK);
        sqlite3_bind_blob64(update, 1, data.data(), data.size(), SQLITE_TRANSIENT);
        sqlite3_bind_blob64(update, 2, hash.data(), hash.size(), SQLITE_TRANSIENT);
        CHECK(sqlite3_step(update) == SQLITE_DONE);
        CHECK(sqlite3_changes(m_database) > 0);
        sqlite3_finalize(update);
    }
    std::int64_t number(const std::string& sql)
    {
        sqlite3_stmt* query = nullptr;
        REQUIRE(sqlite3_prepare_v2(m_database, sql.c_str(), -1, &query, nullptr) == SQLITE_OK);
        REQUIRE(sqlite3_step(query) == SQLITE_ROW);
        const std::int64_t value = sqlite3_column_int64(query, 0);
        sqlite3_finalize(query);
        return value;
    }
    Bytes blob(const std::string& sql)
    {
        sqlite3_stmt* query = nullptr;
        REQUIRE(sqlite3_prepare_v2(m_database, sql.c_str(), -1, &query, nullptr) == SQLITE_OK);
        REQUIRE(sqlite3_step(query) == SQLITE_ROW);
        const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(query, 0));
        Bytes bytes(data, data + sqlite3_column_bytes(query, 0));
        sqlite3_finalize(query);
        return bytes;
    }
    /// What is written next stays in a write-ahead log beside the file, also when this is closed.
    void storeLog()
    {
        run("PRAGMA journal_mode=WAL");
        sqlite3_db_config(m_database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }

private:
    sqlite3* m_database = nullptr;
};

/// Writes bytes into the midst of a file.
inline void overwrite(const std::string& path, std::size_t at, const std::string& bytes)
{
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at));
    file << bytes;
    REQUIRE(file.flush());
}

/// Makes a table of a finished recording unreadable.
inline void spoil(const std::string& path, const std::string& table)
{
    std::size_t pageBytes = 0;
    std::size_t page = 0;
    {
        Tampering file(path);
        pageBytes = static_cast<std::size_t>(file.number("PRAGMA page_size"));
        page = static_cast<std::size_t>(
            file.number("SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'"));
    }
    overwrite(path, (page - 1) * pageBytes, std::string(pageBytes, '\xff'));
}

enum class Ending : std::uint8_t { Finished, Killed };

/// A recording of `stops` stops, and then of so many single stores; its last steps are unpacked if its
/// recorder was killed.
inline std::string record(
    const std::filesystem::path& path, unsigned stops, unsigned stores = 0, Ending ending = Ending::Finished)
{
    BootStory story(17);
    const auto writer = RecordingWriter::create(path, {}).value();
    for (; stops != 0; --stops) {
        const auto [step, snapshot] = story.next();
        REQUIRE(writer->append(step, snapshot));
    }
    while (stores != 0) {
        std::vector<WriteStep> writes;
        for (; writes.size() < 100 && stores != 0; --stores)
            writes.push_back(story.nextWrite());
        REQUIRE(writer->appendWrites(writes));
    }
    if (ending == Ending::Finished)
        REQUIRE(writer->finish());
    return path;
}

} // namespace pgtscope::tests
