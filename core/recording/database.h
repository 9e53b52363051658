// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/packing.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pgtscope::core {

enum class DatabaseUse : std::uint8_t {
    Create, ///< A new file, written through a write-ahead log.
    Edit, ///< An existing file, for writing.
    Follow, ///< An existing file that this program is writing.
    Read, ///< An existing file beside a write-ahead log.
    ReadAlone, ///< An existing file that no program writes; neither locked nor touched.
    Salvage, ///< As ReadAlone, although parts of the file are missing.
};

class Database;

/// A prepared statement. Columns and parameters are numbered from 0. A value of another type than asked for
/// is 0 or empty.
class Statement {
public:
    Statement() = default;

    Statement& bind(int parameter, std::uint64_t value);
    Statement& bind(int parameter, ByteView bytes);
    Statement& bind(int parameter, std::string_view text);

    /// True if there is a row; the statement is reset when there is none, and after a failure.
    Result<bool> next();
    /// For statements that return no rows.
    Result<void> run();
    void reset();

    std::uint64_t number(int column) const;
    /// Both stay valid until the next call of next() or reset().
    ByteView bytes(int column) const;
    std::string_view text(int column) const;

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> m_statement;
    const Database* m_database = nullptr;
    /// There was no memory for a parameter or a column: next() must not go on without it.
    mutable bool m_incomplete = false;
};

/// One open SQLite file, set up for files that are not trusted: no triggers, views or functions of the file
/// run, sizes are limited, and so is the time of one statement.
class Database {
public:
    static Result<std::unique_ptr<Database>> open(const std::string& path, DatabaseUse use);
    /// The first 100 bytes of a file, or as many as it has, before SQLite looks at any of them. Opening the
    /// file beside SQLite would, on closing it, drop the locks that this process has on it
    /// (sqlite.org/howtocorrupt.html, 2.2).
    static Result<std::string> header(const std::string& path);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    Result<void> execute(const std::string& sql);
    /// Makes `to`, which holds nothing, a copy of this database as it is now, even while it is written to.
    /// `goOn` is called before so many pages each with how far it is (0 of 0 at first), and ends it, as a
    /// failure, by false.
    Result<void> copyTo(Database& to, int pagesAtOnce,
        const std::function<bool(std::uint64_t done, std::uint64_t total)>& goOn);
    Result<Statement> prepare(std::string_view sql);
    /// What SQLite says about the latest failure.
    Error error() const;
    const std::string& path() const { return m_path; }
    /// What errors call the file.
    void reportAs(std::string path) { m_path = std::move(path); }

private:
    Database() = default;
    void restrict(DatabaseUse use);
    static int onProgress(void* database);
    friend class Statement;

    struct Close {
        void operator()(sqlite3* database) const;
    };
    std::unique_ptr<sqlite3, Close> m_database;
    std::string m_path;
    bool m_writes = false;
    mutable std::uint64_t m_ticks = 0; // of the statement that runs
};

} // namespace pgtscope::core
