// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/recordingwriter.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <unordered_map>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/callback.h"
#include "core/recording/compression.h"
#include "core/recording/recordedstate.h"
#include "core/recording/recording.h"
#include "core/recording/schema.h"
#include "core/recording/symbolstore.h"
#include "core/steps/stepfields.h"
#include "core/steps/tablediff.h"

namespace pgtscope::core {

namespace {

// A chunk is the unit that a reader unpacks to see one step.
constexpr std::size_t stepsInChunk = 1024;
constexpr std::size_t bytesInChunk = 128 << 10;
constexpr int chunkCompression = 9;
// A keyframe costs a list of the tables and the pages that changed; without one, a reader replays everything
// since the previous one.
constexpr std::uint64_t stepsBetweenKeyframes = 2048;
constexpr std::uint64_t bytesBetweenKeyframes = 256 << 10;

constexpr std::size_t maxTextBytes = 4096;

struct HashKey {
    std::size_t operator()(const ContentHash& hash) const noexcept
    {
        std::size_t key = 0;
        std::memcpy(&key, hash.data(), sizeof key);
        return key;
    }
};

template <class List>
void shorten(List& list, std::size_t most)
{
    if (list.size() > most)
        list.resize(most);
}

/// Bounds what a step can carry, so that any step can be read back.
Step trimmed(Step step)
{
    forEachStepField([&step](const auto& fact) {
        auto& value = step.*fact.member;
        if constexpr (requires { value.resize(fact.most); })
            if (fact.most != 0)
                shorten(value, fact.most);
    });
    return step;
}

} // namespace

class RecordingWriter::Impl {
public:
    ~Impl();
    Result<void> create(const std::string& path, const GuestDescription& guest, Durability durability);
    Result<void> reopen(const std::string& path, Durability durability);
    Result<void> setSymbols(std::span<const Symbol> symbols, std::uint64_t slide);
    Result<StepNumber> append(
        const Step& step, const SnapshotPtr& snapshot, std::span<const EntryChange> stores);
    Result<StepNumber> appendWrites(std::span<const WriteStep> writes);
    Result<void> finish();

    std::string m_path;
    StepNumber m_durable = 0;
    std::atomic<bool> m_finished = false; ///< A timeline that follows asks from other threads.
    Callback<StepNumber> m_onAppend;

private:
    struct TailRow {
        StepNumber number;
        Bytes data;
    };

    Result<void> usable() const;
    Result<void> makeFile(bool& made);
    Result<void> setDurability(Durability durability);
    Result<void> fill(const GuestDescription& guest, Durability durability);
    Result<void> rememberFile();
    Result<void> stillThere() const;
    Result<void> logStillThere();
    Result<void> prepareStatements();
    void closeStatements();
    Result<void> takeState();
    Result<void> takePages();
    Result<void> takeTail();
    Result<void> writeMeta(const GuestDescription& guest);
    Result<EntryChange> prepareWrite(const WriteStep& write);
    std::uint8_t levelsAt(PhysicalAddress address, const Paging& paging) const;
    void attribute(StateDelta& delta, std::span<const EntryChange> stores) const;
    Result<void> recordWrites(std::span<const WriteStep> writes, std::span<const EntryChange> changes);
    Result<void> add(const StepRecord& record);
    Result<void> addKeyframeIfDue(const StepRecord& latest, std::size_t bytes);
    Result<void> packTail();
    Result<void> begin();
    Result<void> commit();
    PageId storePage(const TablePage& page);
    template <class T>
    Result<T> broken(const Error& error);

    /// Distinguishes a file from another of the same name.
    struct FileIdentity {
        dev_t device = 0;
        ino_t number = 0;
        bool operator==(const FileIdentity&) const = default;
    };
    static FileIdentity identityOf(const std::string& path);

    FileIdentity m_file;
    FileIdentity m_log; ///< The write-ahead log, which lives as long as the database is open.
    bool m_created = false; ///< By this writer.
    std::unique_ptr<Database> m_database;
    Statement m_insertPage;
    Statement m_insertTail;
    Statement m_insertChunk;
    Statement m_insertKeyframe;
    Statement m_deleteTail;
    Statement m_begin;
    Statement m_commit;
    std::unordered_map<ContentHash, PageId, HashKey> m_pageIds;
    PageId m_lastPage = 0;
    RecordedState m_state;
    CodecContext m_context;
    StepNumber m_size = 0; // with the steps of the transaction that is open
    Bytes m_tail; // records since the last chunk
    std::size_t m_tailSteps = 0;
    bool m_tailInFile = false;
    std::vector<TailRow> m_newRows; // of the transaction that is open
    std::uint64_t m_stepsSinceKeyframe = 0;
    std::uint64_t m_bytesSinceKeyframe = 0;
    std::optional<Error> m_error; // what made the writer unusable, also a page that could not be stored
};

RecordingWriter::Impl::FileIdentity RecordingWriter::Impl::identityOf(const std::string& path)
{
    struct stat status { };
    return ::stat(path.c_str(), &status) == 0 ? FileIdentity{status.st_dev, status.st_ino} : FileIdentity{};
}

RecordingWriter::Impl::~Impl()
{
    const bool empty = m_created && !m_finished && m_durable == 0 && stillThere();
    // The statements before their database; SQLite removes the files that it keeps beside the recording.
    closeStatements();
    m_database.reset();
    if (empty)
        (void)::unlink(m_path.c_str());
}

/// Makes the file exclusively, so that two recorders never share one; `made` is false if it was there, empty.
Result<void> RecordingWriter::Impl::makeFile(bool& made)
{
    const int file = ::open(m_path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    made = file >= 0;
    if (made)
        ::close(file);
    else if (errno != EEXIST)
        return failure("create the recording " + m_path, std::generic_category().message(errno),
            "check its directory, and that you may write there");
    return {};
}

Result<void> RecordingWriter::Impl::setDurability(Durability durability)
{
    return m_database->execute(
        durability == Durability::Power ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

Result<void> RecordingWriter::Impl::fill(const GuestDescription& guest, Durability durability)
{
    ASSIGN_OR_RETURN(auto database, Database::open(m_path, DatabaseUse::Edit));
    m_database = std::move(database);
    return createSchema(*m_database)
        .and_then([&] { return setDurability(durability); })
        .and_then([&] { return prepareStatements(); })
        .and_then([&] { return rememberFile(); })
        .and_then([&] { return writeMeta(guest); });
}

Result<void> RecordingWriter::Impl::create(
    const std::string& path, const GuestDescription& guest, Durability durability)
{
    m_path = path;
    bool made = false;
    auto done = checkNew(path).and_then([&] { return makeFile(made); });
    if (done)
        done = fill(guest, durability);
    m_created = made;
    if (done || !made)
        return done;
    // The destructor removes what is left of it.
    m_file = identityOf(m_path);
    return done;
}

Result<void> RecordingWriter::Impl::rememberFile()
{
    m_file = identityOf(m_path);
    return stillThere();
}

/// What is written to a file that was removed while open is lost.
Result<void> RecordingWriter::Impl::stillThere() const
{
    if (m_file != FileIdentity{} && identityOf(m_path) == m_file)
        return {};
    return failure("record to " + m_path, "the file has been removed or replaced", "begin a new one");
}

Result<void> RecordingWriter::Impl::logStillThere()
{
    const FileIdentity now = identityOf(m_path + "-wal");
    if (m_log == FileIdentity{})
        m_log = now;
    if (now != FileIdentity{} && now == m_log)
        return {};
    return failure("record to " + m_path, "its write-ahead log has been removed", "begin a new one");
}

Result<void> RecordingWriter::Impl::prepareStatements()
{
    const auto prepare = [&](Statement& statement, std::string_view sql) -> Result<void> {
        ASSIGN_OR_RETURN(auto prepared, m_database->prepare(sql));
        statement = std::move(prepared);
        return {};
    };
    return prepare(m_insertPage, "INSERT INTO pages VALUES(?, ?, ?)")
        .and_then([&] { return prepare(m_insertTail, "INSERT INTO step_tail VALUES(?, ?, ?)"); })
        .and_then([&] { return prepare(m_insertChunk, "INSERT INTO step_chunks VALUES(?, ?, ?, ?, ?)"); })
        .and_then([&] { return prepare(m_insertKeyframe, "INSERT INTO keyframes VALUES(?, ?, ?, ?)"); })
        .and_then([&] { return prepare(m_deleteTail, "DELETE FROM step_tail"); })
        .and_then([&] { return prepare(m_begin, "BEGIN IMMEDIATE"); })
        .and_then([&] { return prepare(m_commit, "COMMIT"); });
}

/// The state at the last step that is there.
Result<void> RecordingWriter::Impl::takeState()
{
    ASSIGN_OR_RETURN(const auto recording, Recording::open(m_path));
    const std::string tried = "go on with the recording " + m_path;
    if (!recording->damage().empty())
        return failure(tried, recording->damage(), "begin a new one");
    if (recording->format() != recordingFormat)
        return failure(tried, "it was made by an older pgtscope",
            "make a new one of it with \"pgt recording repair " + m_path + " -o NEW.pgtrec\"");
    m_size = m_durable = recording->size();
    if (m_size == 0)
        return failure(tried, "it holds no step", "begin a new one");
    ASSIGN_OR_RETURN(const auto last, recording->snapshot(m_size - 1));
    m_state.adopt(partsOf(*last));
    return {};
}

Result<void> RecordingWriter::Impl::takePages()
{
    ASSIGN_OR_RETURN(auto query, m_database->prepare("SELECT id, hash FROM pages"));
    for (;;) {
        const auto row = query.next();
        if (!row || !*row)
            return row ? Result<void>() : tl::unexpected(row.error());
        ContentHash hash{};
        if (query.bytes(1).size() != hash.size())
            return failure(
                "go on with the recording " + m_path, "the pages in it are damaged", "begin a new one");
        std::memcpy(hash.data(), query.bytes(1).data(), hash.size());
        m_pageIds.try_emplace(hash, query.number(0));
        m_lastPage = std::max(m_lastPage, query.number(0));
    }
}

/// What a killed recorder left unpacked becomes a chunk, so that the codec begins afresh.
Result<void> RecordingWriter::Impl::takeTail()
{
    ASSIGN_OR_RETURN(auto query, m_database->prepare("SELECT data FROM step_tail ORDER BY number"));
    for (;;) {
        ASSIGN_OR_RETURN(const auto row, query.next());
        if (!row)
            break;
        const ByteView data = query.bytes(0);
        m_tail.insert(m_tail.end(), data.begin(), data.end());
        ++m_tailSteps;
        m_tailInFile = true;
        if (m_tail.size() > maxUnpackedBytes)
            return failure(
                "go on with the recording " + m_path, "its last steps are too large", "begin a new one");
    }
    return begin()
        .and_then([&] { return packTail(); })
        .and_then([&] { return m_database->execute("UPDATE meta SET value='0' WHERE key='finished'"); })
        .and_then([&] { return commit(); });
}

Result<void> RecordingWriter::Impl::reopen(const std::string& path, Durability durability)
{
    m_path = path;
    if (auto done = takeState(); !done)
        return done;
    ASSIGN_OR_RETURN(auto database, editRecording(path));
    m_database = std::move(database);
    if (auto done = setDurability(durability); !done)
        return done;
    ASSIGN_OR_RETURN(auto keyframe, m_database->prepare("SELECT max(step) FROM keyframes"));
    RETURN_IF_ERROR(keyframe.next());
    m_stepsSinceKeyframe = m_size - std::min(m_size, keyframe.number(0));
    keyframe = {};
    return prepareStatements()
        .and_then([&] { return takePages(); })
        .and_then([&] { return rememberFile(); })
        .and_then([&] { return takeTail(); });
}

Result<void> RecordingWriter::Impl::writeMeta(const GuestDescription& guest)
{
    const std::map<std::string_view, std::string> values{{"guest", guest.guest}, {"kernel", guest.kernel},
        {"command_line", guest.commandLine}, {"machine", guest.machine}, {"grain", guest.grain},
        {"recorder", guest.recorder}, {"started", guest.started}, {"rules", guest.rules},
        {"memory_bytes", std::to_string(guest.memoryBytes)}, {"finished", "0"}};
    ASSIGN_OR_RETURN(auto insert, m_database->prepare("INSERT INTO meta VALUES(?, ?)"));
    if (auto done = begin(); !done)
        return done;
    for (const auto& [key, value] : values)
        if (auto done = insert.bind(0, key).bind(1, std::string_view(value)).run(); !done)
            return done;
    return commit();
}

Result<void> RecordingWriter::Impl::usable() const
{
    if (m_error)
        return tl::unexpected(*m_error);
    if (m_finished)
        return failure("append to the recording " + m_path, "it is finished");
    return {};
}

template <class T>
Result<T> RecordingWriter::Impl::broken(const Error& error)
{
    m_error = error;
    // Its outcome does not matter: what was announced is committed already.
    (void)m_database->execute("ROLLBACK");
    return tl::unexpected(error);
}

Result<void> RecordingWriter::Impl::begin() { return m_begin.run(); }

Result<void> RecordingWriter::Impl::commit()
{
    for (const TailRow& row : m_newRows) {
        const ContentHash hash = contentHash(row.data);
        if (auto done = m_insertTail.bind(0, row.number).bind(1, hash).bind(2, row.data).run(); !done)
            return done;
        m_tailInFile = true;
    }
    m_newRows.clear();
    if (m_error)
        return tl::unexpected(*m_error);
    // After the last of it: what is announced next is there by name.
    return m_commit.run().and_then([this] { return stillThere(); }).and_then([this] {
        return logStillThere();
    });
}

PageId RecordingWriter::Impl::storePage(const TablePage& page)
{
    const ContentHash hash = contentHash(page);
    const auto [place, isNew] = m_pageIds.try_emplace(hash, m_lastPage + 1);
    if (isNew) {
        ++m_lastPage;
        const Bytes packed = compressPage(page);
        if (auto done = m_insertPage.bind(0, place->second).bind(1, hash).bind(2, packed).run(); !done)
            m_error = done.error();
        m_bytesSinceKeyframe += packed.size();
    }
    return place->second;
}

Result<void> RecordingWriter::Impl::setSymbols(std::span<const Symbol> symbols, std::uint64_t slide)
{
    if (auto done = usable(); !done)
        return done;
    const Bytes packed = packSymbols(symbols);
    if (symbols.size() > maxRecordedSymbols || packed.size() > maxUnpackedBytes)
        return failure("keep the symbols in " + m_path, "there are too many");
    const Bytes data = compress(packed, chunkCompression);
    ASSIGN_OR_RETURN(
        auto insert, m_database->prepare("INSERT OR REPLACE INTO symbols VALUES(1, ?, ?, ?, ?)"));
    return insert.bind(0, slide).bind(1, packed.size()).bind(2, contentHash(data)).bind(3, data).run();
}

Result<void> RecordingWriter::Impl::add(const StepRecord& record)
{
    Packer packer;
    encodeStep(record, m_context, packer);
    Bytes data = packer.take();
    // Half, because it may share a chunk.
    if (data.size() > maxUnpackedBytes / 2)
        return failure("append to the recording " + m_path, "the step is too large");
    const std::size_t bytes = data.size();
    m_tail.insert(m_tail.end(), data.begin(), data.end());
    ++m_tailSteps;
    m_newRows.push_back({m_size, std::move(data)});
    if (auto done = addKeyframeIfDue(record, bytes); !done)
        return done;
    ++m_size;
    return m_tailSteps >= stepsInChunk || m_tail.size() >= bytesInChunk ? packTail() : Result<void>{};
}

Result<void> RecordingWriter::Impl::addKeyframeIfDue(const StepRecord& latest, std::size_t bytes)
{
    ++m_stepsSinceKeyframe;
    m_bytesSinceKeyframe += bytes;
    if (m_size != 0 && m_stepsSinceKeyframe < stepsBetweenKeyframes
        && m_bytesSinceKeyframe < bytesBetweenKeyframes)
        return {};
    StepRecord whole;
    whole.step.cause = latest.step.cause;
    whole.step.cpu = m_state.parts().cpu;
    whole.step.ripSymbol = m_state.parts().ripSymbol;
    whole.delta
        = deltaBetween({}, m_state.parts(), [this](const TablePage& page) { return storePage(page); });
    whole.delta.tables.clear();
    CodecContext context;
    Packer packer;
    encodeStep(whole, context, packer);
    const Bytes raw = packer.take();
    const Bytes data = compress(raw, chunkCompression);
    m_stepsSinceKeyframe = m_bytesSinceKeyframe = 0;
    return m_insertKeyframe.bind(0, m_size)
        .bind(1, raw.size())
        .bind(2, contentHash(data))
        .bind(3, data)
        .run();
}

Result<void> RecordingWriter::Impl::packTail()
{
    if (m_tailSteps == 0)
        return {};
    const Bytes data = compress(m_tail, chunkCompression);
    m_insertChunk.bind(0, m_size - m_tailSteps).bind(1, m_tailSteps).bind(2, m_tail.size());
    if (auto done = m_insertChunk.bind(3, contentHash(data)).bind(4, data).run(); !done)
        return done;
    if (m_tailInFile)
        if (auto done = m_deleteTail.run(); !done)
            return done;
    m_newRows.clear();
    m_tail.clear();
    m_tailSteps = 0;
    m_tailInFile = false;
    m_context = {};
    return {};
}

/// Adds what is known of stores to the entries of a step; the state is that after it.
void RecordingWriter::Impl::attribute(StateDelta& delta, std::span<const EntryChange> stores) const
{
    const Paging paging(m_state.parts().cpu.control, m_state.parts().features);
    std::unordered_map<PhysicalAddress, std::size_t> changed;
    for (std::size_t i = 0; i < delta.entries.size(); ++i)
        changed.emplace(delta.entries[i].address, i);
    for (EntryChange store : stores) {
        if (store.writer)
            shorten(store.writer->symbol, maxTextBytes);
        if (const auto entry = changed.find(store.address); entry != changed.end()) {
            delta.entries[entry->second].writer = store.writer;
            continue;
        }
        store.bytes = static_cast<std::uint8_t>(paging.entryBytes());
        const auto value = m_state.entryAt(store.address, store.bytes);
        store.levels = levelsAt(store.address, paging);
        if (!value || store.levels == 0 || !store.writer)
            continue;
        store.before = store.after = *value;
        delta.entries.push_back(std::move(store));
    }
}

Result<StepNumber> RecordingWriter::Impl::append(
    const Step& step, const SnapshotPtr& snapshot, std::span<const EntryChange> stores)
{
    RETURN_IF_ERROR(usable());
    if (!snapshot)
        return failure("append to the recording " + m_path, "the step has no snapshot");
    SnapshotParts parts = partsOf(*snapshot);
    shorten(parts.ripSymbol, maxTextBytes);
    StepRecord record;
    record.step = trimmed(step);
    record.step.cpu = parts.cpu;
    record.step.ripSymbol = parts.ripSymbol;
    if (auto done = begin(); !done)
        return broken<StepNumber>(done.error());
    record.delta
        = deltaBetween(m_state.parts(), parts, [this](const TablePage& page) { return storePage(page); });
    if (m_size == 0)
        record.delta.tables.clear();
    m_state.adopt(std::move(parts));
    if (!stores.empty())
        attribute(record.delta, stores);
    if (auto done = add(record).and_then([this] { return commit(); }); !done)
        return broken<StepNumber>(done.error());
    m_durable = m_size;
    return m_size - 1;
}

/// The levels of the tables that hold an entry there; bit n is level n.
std::uint8_t RecordingWriter::Impl::levelsAt(PhysicalAddress address, const Paging& paging) const
{
    unsigned levels = 0;
    for (const std::size_t row : m_state.tablesIn(frameOf(address))) {
        const Table& table = m_state.parts().tables[row];
        if (table.range(paging).contains(address))
            levels |= 1U << table.level;
    }
    return static_cast<std::uint8_t>(levels);
}

/// Fills in what the tables know of the store, and carries it out in the state.
Result<EntryChange> RecordingWriter::Impl::prepareWrite(const WriteStep& write)
{
    const SnapshotParts& parts = m_state.parts();
    ControlRegisters control = write.step.cpu.control;
    control.cr2 = parts.cpu.control.cr2;
    const std::string tried = "append a store to the recording " + m_path;
    if (control != parts.cpu.control)
        return failure(tried, "the control registers have changed", "append a snapshot instead");
    const Paging paging(parts.cpu.control, parts.features);
    EntryChange change = write.change;
    change.bytes = static_cast<std::uint8_t>(paging.entryBytes());
    const auto before = m_state.entryAt(change.address, change.bytes);
    if (!before)
        return failure(tried, "it lies in no table of the step before", "append a snapshot instead");
    change.before = *before;
    if (change.bytes == 4)
        change.after &= 0xffff'ffff;
    change.levels = levelsAt(change.address, paging);
    if (change.writer)
        shorten(change.writer->symbol, maxTextBytes);
    if (changesStructure(paging, change))
        return failure(tried, "it makes or breaks a reference to a table", "append a snapshot instead");
    m_state.write(change);
    return change;
}

Result<StepNumber> RecordingWriter::Impl::appendWrites(std::span<const WriteStep> writes)
{
    RETURN_IF_ERROR(usable());
    const StepNumber first = m_size;
    std::vector<EntryChange> changes;
    changes.reserve(writes.size());
    std::optional<Error> refused;
    for (const WriteStep& write : writes) {
        auto change = prepareWrite(write);
        if (!change) {
            refused = change.error();
            break;
        }
        changes.push_back(std::move(*change));
    }
    // Back to where the state was: the steps are carried out one by one below, or not at all.
    for (auto change = changes.rbegin(); change != changes.rend(); ++change)
        m_state.write({change->address, change->bytes, change->levels, change->after, change->before, {}});
    if (refused)
        return tl::unexpected(*refused);
    if (writes.empty())
        return first;
    const auto recorded
        = begin().and_then([&] { return recordWrites(writes, changes); }).and_then([&] { return commit(); });
    if (!recorded)
        return broken<StepNumber>(recorded.error());
    m_durable = m_size;
    return first;
}

Result<void> RecordingWriter::Impl::recordWrites(
    std::span<const WriteStep> writes, std::span<const EntryChange> changes)
{
    for (std::size_t i = 0; i < writes.size(); ++i) {
        StepRecord record;
        record.step = trimmed(writes[i].step);
        record.delta.entries.push_back(changes[i]);
        m_state.setPlace(record.step);
        m_state.write(changes[i]);
        if (auto done = add(record); !done)
            return done;
    }
    return {};
}

Result<void> RecordingWriter::Impl::finish()
{
    if (m_finished)
        return {};
    if (auto done = usable(); !done)
        return done;
    const auto packed
        = begin()
              .and_then([&] { return packTail(); })
              .and_then([&] { return m_database->execute("UPDATE meta SET value='1' WHERE key='finished'"); })
              .and_then([&] { return commit(); });
    if (!packed)
        return broken<void>(packed.error());
    m_finished = true;
    closeStatements();
    // Both go through the write-ahead log: a kill in between costs nothing.
    auto done = m_database->execute("VACUUM").and_then(
        [&] { return m_database->execute("PRAGMA wal_checkpoint(TRUNCATE)"); });
    m_database.reset();
    return done.and_then([this] { return stillThere(); });
}

void RecordingWriter::Impl::closeStatements()
{
    for (Statement* statement :
        {&m_insertPage, &m_insertTail, &m_insertChunk, &m_insertKeyframe, &m_deleteTail, &m_begin, &m_commit})
        *statement = {};
}

RecordingWriter::RecordingWriter(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{
}

RecordingWriter::~RecordingWriter() = default;

Result<std::unique_ptr<RecordingWriter>> RecordingWriter::create(
    const std::string& path, const GuestDescription& guest, Durability durability)
{
    auto impl = std::make_unique<Impl>();
    RETURN_IF_ERROR(impl->create(path, guest, durability));
    return std::unique_ptr<RecordingWriter>(new RecordingWriter(std::move(impl)));
}

Result<void> RecordingWriter::checkNew(const std::string& path)
{
    // SQLite takes both for a database that no file has.
    if (path.empty() || path == ":memory:")
        return failure(
            "create a recording", path.empty() ? "its name is empty" : path + " is no file", "name a file");
    const std::string tried = "create the recording " + path;
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
        return failure(tried, "it exists already and holds no step, as a recorder leaves it that was killed",
            "remove it if no recorder is at work on it");
    return failure(tried, "it exists already", "choose another name or remove it");
}

Result<std::unique_ptr<RecordingWriter>> RecordingWriter::reopen(
    const std::string& path, Durability durability)
{
    auto impl = std::make_unique<Impl>();
    RETURN_IF_ERROR(impl->reopen(path, durability));
    return std::unique_ptr<RecordingWriter>(new RecordingWriter(std::move(impl)));
}

const std::string& RecordingWriter::path() const { return m_impl->m_path; }
StepNumber RecordingWriter::size() const { return m_impl->m_durable; }
bool RecordingWriter::finished() const { return m_impl->m_finished; }

Result<void> RecordingWriter::setSymbols(std::span<const Symbol> symbols, std::uint64_t slide)
{
    return m_impl->setSymbols(symbols, slide);
}

Result<StepNumber> RecordingWriter::append(
    const Step& step, const SnapshotPtr& snapshot, std::span<const EntryChange> stores)
{
    auto number = m_impl->append(step, snapshot, stores);
    if (number)
        m_impl->m_onAppend(m_impl->m_durable);
    return number;
}

Result<StepNumber> RecordingWriter::appendWrites(std::span<const WriteStep> writes)
{
    auto number = m_impl->appendWrites(writes);
    if (number && !writes.empty())
        m_impl->m_onAppend(m_impl->m_durable);
    return number;
}

Result<void> RecordingWriter::finish() { return m_impl->finish(); }

void RecordingWriter::onAppend(std::function<void(StepNumber)> callback)
{
    m_impl->m_onAppend.set(std::move(callback));
}

Result<void> foldRecording(const std::string& path)
{
    ASSIGN_OR_RETURN(auto database, editRecording(path));
    return database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

} // namespace pgtscope::core
