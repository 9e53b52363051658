// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/database.h"

#include <algorithm>
#include <filesystem>

#include <sqlite3.h>

namespace pgtscope::core {

namespace {

constexpr int maxValueBytes = 64 << 20;
constexpr int instructionsPerTick = 10'000;
// About a second of SQLite's virtual machine. Only a damaged tree makes one of our statements run so long.
constexpr std::uint64_t maxTicks = 2'000;

/// `path` as an URI that SQLite reads back as the same path.
std::string uriOf(const std::string& path, std::string_view options)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string uri = "file:";
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
            || c == '/' || c == '.' || c == '-' || c == '_';
        if (plain) {
            uri += c;
        } else {
            uri += '%';
            uri += digits[byte >> 4];
            uri += digits[byte & 0xf];
        }
    }
    uri += options;
    return uri;
}

} // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Statement& Statement::bind(int parameter, std::uint64_t value)
{
    sqlite3_bind_int64(m_statement.get(), parameter + 1, static_cast<sqlite3_int64>(value));
    return *this;
}

Statement& Statement::bind(int parameter, ByteView bytes)
{
    const int result
        = sqlite3_bind_blob64(m_statement.get(), parameter + 1, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
    m_incomplete = m_incomplete || result != SQLITE_OK;
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view text)
{
    const int result = sqlite3_bind_text64(
        m_statement.get(), parameter + 1, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    m_incomplete = m_incomplete || result != SQLITE_OK;
    return *this;
}

Result<bool> Statement::next()
{
    m_database->m_ticks = 0;
    if (m_incomplete) {
        reset();
        return failure(m_database->error().tried, "memory ran out, or a value is too long");
    }
    const int result = sqlite3_step(m_statement.get());
    if (result == SQLITE_ROW)
        return true;
    const Error error = result == SQLITE_DONE ? Error{} : m_database->error();
    reset();
    if (result == SQLITE_DONE)
        return false;
    return tl::unexpected(error);
}

Result<void> Statement::run()
{
    auto row = next();
    reset();
    RETURN_IF_ERROR(row);
    return {};
}

void Statement::reset()
{
    m_incomplete = false;
    sqlite3_reset(m_statement.get());
}

std::uint64_t Statement::number(int column) const
{
    if (sqlite3_column_type(m_statement.get(), column) != SQLITE_INTEGER)
        return 0;
    return static_cast<std::uint64_t>(sqlite3_column_int64(m_statement.get(), column));
}

ByteView Statement::bytes(int column) const
{
    if (sqlite3_column_type(m_statement.get(), column) != SQLITE_BLOB)
        return {};
    const void* data = sqlite3_column_blob(m_statement.get(), column);
    const int size = sqlite3_column_bytes(m_statement.get(), column);
    return data ? ByteView(static_cast<const std::byte*>(data), static_cast<std::size_t>(size)) : ByteView();
}

std::string_view Statement::text(int column) const
{
    if (sqlite3_column_type(m_statement.get(), column) != SQLITE_TEXT)
        return {};
    const unsigned char* data = sqlite3_column_text(m_statement.get(), column);
    const int size = sqlite3_column_bytes(m_statement.get(), column);
    m_incomplete = m_incomplete || !data;
    if (!data)
        return {};
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, DatabaseUse use)
{
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    std::string_view options;
    switch (use) {
    case DatabaseUse::Create:
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        break;
    case DatabaseUse::Edit:
    case DatabaseUse::Follow:
        flags |= SQLITE_OPEN_READWRITE;
        break;
    case DatabaseUse::Read:
        flags |= SQLITE_OPEN_READONLY;
        break;
    case DatabaseUse::ReadAlone:
    case DatabaseUse::Salvage:
        flags |= SQLITE_OPEN_READONLY;
        options = "?immutable=1";
        break;
    }
    std::unique_ptr<Database> database(new Database);
    database->m_path = path;
    database->m_writes = use == DatabaseUse::Create || use == DatabaseUse::Edit;
    sqlite3* handle = nullptr;
    const int result = sqlite3_open_v2(uriOf(path, options).c_str(), &handle, flags, nullptr);
    database->m_database.reset(handle);
    if (!handle)
        return failure("open " + path, "out of memory");
    if (result != SQLITE_OK)
        return tl::unexpected(database->error());
    database->restrict(use);
    return database;
}

Result<std::string> Database::header(const std::string& path)
{
    std::error_code missing;
    const auto size = std::filesystem::file_size(path, missing);
    ASSIGN_OR_RETURN(auto database, open(path, DatabaseUse::ReadAlone));
    std::string bytes(100, '\0');
    sqlite3_file* file = nullptr;
    sqlite3_file_control(database->m_database.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    const int read = file->pMethods
        ? file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), 0)
        : SQLITE_IOERR;
    if (missing || (read != SQLITE_OK && read != SQLITE_IOERR_SHORT_READ))
        return failure("read " + path, "it cannot be read", "check that you may read it");
    bytes.resize(std::min<std::uintmax_t>(bytes.size(), size));
    return bytes;
}

Database::~Database() = default;

void Database::restrict(DatabaseUse use)
{
    sqlite3* handle = m_database.get();
    const auto configure = [&](int what, bool on) { sqlite3_db_config(handle, what, on ? 1 : 0, nullptr); };
    configure(SQLITE_DBCONFIG_TRUSTED_SCHEMA, false);
    configure(SQLITE_DBCONFIG_ENABLE_TRIGGER, false);
    configure(SQLITE_DBCONFIG_ENABLE_VIEW, false);
    configure(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, false);
    configure(SQLITE_DBCONFIG_DQS_DML, false);
    configure(SQLITE_DBCONFIG_DQS_DDL, false);
    configure(SQLITE_DBCONFIG_DEFENSIVE, use != DatabaseUse::Salvage);
    // Lets SQLite read a file that is shorter than its header says; the file is open for reading only.
    configure(SQLITE_DBCONFIG_WRITABLE_SCHEMA, use == DatabaseUse::Salvage);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, maxValueBytes);
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, m_writes ? 1 : 0); // VACUUM attaches one
    sqlite3_limit(handle, SQLITE_LIMIT_TRIGGER_DEPTH, 0);
    sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, 16'384);
    sqlite3_limit(handle, SQLITE_LIMIT_COLUMN, 64);
    sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, 32);
    sqlite3_limit(handle, SQLITE_LIMIT_WORKER_THREADS, 0);
    sqlite3_busy_timeout(handle, 5'000);
    if (!m_writes)
        sqlite3_progress_handler(handle, instructionsPerTick, &Database::onProgress, this);
}

int Database::onProgress(void* database)
{
    return ++static_cast<Database*>(database)->m_ticks > maxTicks ? 1 : 0;
}

Result<void> Database::execute(const std::string& sql)
{
    m_ticks = 0;
    if (sqlite3_exec(m_database.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        return tl::unexpected(error());
    return {};
}

Result<Statement> Database::prepare(std::string_view sql)
{
    m_ticks = 0;
    sqlite3_stmt* handle = nullptr;
    const int result = sqlite3_prepare_v3(m_database.get(), sql.data(), static_cast<int>(sql.size()),
        SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    Statement statement;
    statement.m_statement.reset(handle);
    statement.m_database = this;
    if (result != SQLITE_OK)
        return tl::unexpected(error());
    return statement;
}

Result<void> Database::copyTo(
    Database& to, int pagesAtOnce, const std::function<bool(std::uint64_t, std::uint64_t)>& goOn)
{
    // Within one transaction what is read stays as it is; else each change would begin the copying anew.
    RETURN_IF_ERROR(execute("BEGIN; SELECT count(*) FROM sqlite_schema"));
    sqlite3_backup* copying = sqlite3_backup_init(to.m_database.get(), "main", m_database.get(), "main");
    int result = copying ? SQLITE_OK : SQLITE_ERROR;
    bool stopped = false;
    while (result == SQLITE_OK) {
        // Nothing is known of them before the first.
        const auto total = static_cast<std::uint64_t>(sqlite3_backup_pagecount(copying));
        const auto left = static_cast<std::uint64_t>(sqlite3_backup_remaining(copying));
        stopped = !goOn(total - left, total);
        if (stopped)
            break;
        result = sqlite3_backup_step(copying, pagesAtOnce);
    }
    sqlite3_backup_finish(copying);
    auto ended = execute("COMMIT");
    if (stopped)
        return failure("write " + to.path(), "cancelled");
    if (result != SQLITE_DONE)
        return tl::unexpected(to.error());
    return ended;
}

Error Database::error() const
{
    sqlite3* handle = m_database.get();
    const std::string tried = (m_writes ? "write " : "read ") + m_path;
    switch (sqlite3_errcode(handle) & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return {tried, "the file is damaged", {}};
    case SQLITE_INTERRUPT:
        return {tried, "the file is damaged: a search in it does not end", {}};
    case SQLITE_FULL:
        return {tried, "the disk is full", "free some space and record again; the steps so far are kept"};
    case SQLITE_READONLY:
        return {tried, "you may not write to the file or its directory", "copy it to a directory of yours"};
    case SQLITE_CANTOPEN:
        return {tried, "the file cannot be opened", "check that it exists and that you may read it"};
    case SQLITE_BUSY:
        return {tried, "another program is using the file", "try again when it has finished"};
    default:
        return {tried, sqlite3_errmsg(handle), {}};
    }
}

} // namespace pgtscope::core
