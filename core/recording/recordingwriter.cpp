// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/recordingwriter.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <optional>
#include <unordered_map>

#include "core/base/callback.h"
#include "core/recording/chunkwriter.h"
#include "core/recording/keyframewriter.h"
#include "core/recording/pagewriter.h"
#include "core/recording/recordedstate.h"
#include "core/recording/recording.h"
#include "core/recording/recordingfile.h"
#include "core/recording/schema.h"
#include "core/recording/symbolstore.h"
#include "core/steps/stepfields.h"
#include "core/steps/tablediff.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t maxTextBytes = 4096;

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
            shorten(value, fact.most);
    });
    return step;
}

} // namespace

/// Makes records of steps and keeps the state that they lead to; others write them to the file.
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

    const std::string& path() const { return m_file.path(); }

    StepNumber m_durable = 0;
    std::atomic<bool> m_finished = false; ///< A timeline that follows asks from other threads.
    Callback<StepNumber> m_onAppend;

private:
    /// What writes to tables of the file; ends before the file is closed.
    struct Writers {
        PageWriter pages;
        ChunkWriter chunks;
        KeyframeWriter keyframes;
    };

    Result<void> openWriters(StepNumber size);
    Result<StepNumber> takeState(const std::string& path);
    Result<void> usable() const;
    Result<EntryChange> prepareWrite(const WriteStep& write);
    std::uint8_t levelsAt(PhysicalAddress address, const Paging& paging) const;
    void attribute(StateDelta& delta, std::span<const EntryChange> stores) const;
    StateDelta difference(const SnapshotParts& before, const SnapshotParts& after);
    Result<void> recordWrites(std::span<const WriteStep> writes, std::span<const EntryChange> changes);
    Result<void> add(const StepRecord& record);
    Result<void> addKeyframe(StepNumber number, StepCause cause);
    Result<void> commit();
    template <class T>
    Result<T> broken(const Error& error);
    template <class Work>
    auto whole(const Work& work) -> decltype(work());
    Error outOfMemory() const;
    Result<StepNumber> appendStop(
        const Step& step, const SnapshotPtr& snapshot, std::span<const EntryChange> stores);
    Result<StepNumber> appendStores(std::span<const WriteStep> writes);
    Result<void> packFile();

    RecordingFile m_file;
    std::optional<Writers> m_writers;
    RecordedState m_state;
    std::optional<Error> m_error; // what made the writer unusable
    bool m_outOfMemory = false; // likewise, when there was none for an Error
};

RecordingWriter::Impl::~Impl()
{
    m_writers.reset();
    if (!m_finished && m_durable == 0)
        m_file.remove();
}

Result<void> RecordingWriter::Impl::openWriters(StepNumber size)
{
    Database& database = *m_file.database();
    ASSIGN_OR_RETURN(auto pages, PageWriter::open(database));
    ASSIGN_OR_RETURN(auto chunks, ChunkWriter::open(database, size));
    ASSIGN_OR_RETURN(auto keyframes, KeyframeWriter::open(database, size));
    m_writers.emplace(Writers{std::move(pages), std::move(chunks), std::move(keyframes)});
    return {};
}

Result<void> RecordingWriter::Impl::create(
    const std::string& path, const GuestDescription& guest, Durability durability)
{
    RETURN_IF_ERROR(m_file.create(path, guest, durability));
    return openWriters(0);
}

/// The state at the last step that is there; returns the number of steps.
Result<StepNumber> RecordingWriter::Impl::takeState(const std::string& path)
{
    ASSIGN_OR_RETURN(const auto recording, Recording::open(path));
    const std::string tried = "continue the recording " + path;
    if (!recording->damage().empty())
        return failure(tried, recording->damage(), "start a new one");
    if (recording->format() != recordingFormat)
        return failure(tried, "it was made by an older pgtscope",
            "make a new one of it with \"pgt recording repair " + path + " -o NEW.pgtrec\"");
    const StepNumber size = recording->size();
    if (size == 0)
        return failure(tried, "it holds no step", "start a new one");
    ASSIGN_OR_RETURN(const auto last, recording->snapshot(size - 1));
    m_state.adopt(partsOf(*last));
    return size;
}

Result<void> RecordingWriter::Impl::reopen(const std::string& path, Durability durability)
{
    ASSIGN_OR_RETURN(m_durable, takeState(path));
    RETURN_IF_ERROR(m_file.reopen(path, durability));
    RETURN_IF_ERROR(openWriters(m_durable));
    // What a killed recorder left unpacked becomes a chunk, so that the codec begins afresh.
    return m_file.begin()
        .and_then([&] { return m_writers->chunks.pack(); })
        .and_then([&] { return m_file.markFinished(false); })
        .and_then([&] { return commit(); });
}

Result<void> RecordingWriter::Impl::usable() const
{
    if (m_error)
        return tl::unexpected(*m_error);
    if (m_outOfMemory)
        return tl::unexpected(outOfMemory());
    if (m_finished)
        return failure("append to the recording " + path(), "it is finished");
    return {};
}

template <class T>
Result<T> RecordingWriter::Impl::broken(const Error& error)
{
    m_error = error;
    m_file.rollBack();
    return tl::unexpected(error);
}

Error RecordingWriter::Impl::outOfMemory() const
{
    return {"record to " + path(), "memory ran out", "record again with more; the steps so far are kept"};
}

/// Work that changes the state and the file. Where memory runs out half way the two no longer agree: nothing
/// more is recorded.
template <class Work>
auto RecordingWriter::Impl::whole(const Work& work) -> decltype(work())
{
    try {
        return work();
    } catch (const std::bad_alloc&) {
        m_outOfMemory = true;
        m_file.rollBack();
        return tl::unexpected(outOfMemory());
    }
}

Result<StepNumber> RecordingWriter::Impl::append(
    const Step& step, const SnapshotPtr& snapshot, std::span<const EntryChange> stores)
{
    return whole([&] { return appendStop(step, snapshot, stores); });
}

Result<StepNumber> RecordingWriter::Impl::appendWrites(std::span<const WriteStep> writes)
{
    return whole([&] { return appendStores(writes); });
}

Result<void> RecordingWriter::Impl::finish()
{
    return whole([&] { return packFile(); });
}

Result<void> RecordingWriter::Impl::commit()
{
    RETURN_IF_ERROR(m_writers->chunks.writeTail());
    RETURN_IF_ERROR(m_writers->pages.stored());
    return m_file.commit();
}

Result<void> RecordingWriter::Impl::setSymbols(std::span<const Symbol> symbols, std::uint64_t slide)
{
    RETURN_IF_ERROR(usable());
    return writeSymbols(*m_file.database(), symbols, slide);
}

/// Writes the pages that it names.
StateDelta RecordingWriter::Impl::difference(const SnapshotParts& before, const SnapshotParts& after)
{
    return deltaBetween(
        before, after, [this](const TablePage& page) { return m_writers->pages.store(page); });
}

Result<void> RecordingWriter::Impl::add(const StepRecord& record)
{
    auto& [pages, chunks, keyframes] = *m_writers;
    const StepNumber number = chunks.size();
    RETURN_IF_ERROR(chunks.add(record));
    return keyframes.dueAfter(number, pages.bytes() + chunks.bytes()) ? addKeyframe(number, record.step.cause)
                                                                      : Result<void>{};
}

Result<void> RecordingWriter::Impl::addKeyframe(StepNumber number, StepCause cause)
{
    auto& [pages, chunks, keyframes] = *m_writers;
    StepRecord whole;
    whole.step.cause = cause;
    whole.step.cpu = m_state.parts().cpu;
    whole.step.ripSymbol = m_state.parts().ripSymbol;
    whole.delta = difference({}, m_state.parts());
    whole.delta.tables.clear();
    return keyframes.add(number, whole, pages.bytes() + chunks.bytes());
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

Result<StepNumber> RecordingWriter::Impl::appendStop(
    const Step& step, const SnapshotPtr& snapshot, std::span<const EntryChange> stores)
{
    RETURN_IF_ERROR(usable());
    if (!snapshot)
        return failure("append to the recording " + path(), "the step has no snapshot");
    SnapshotParts parts = partsOf(*snapshot);
    shorten(parts.ripSymbol, maxTextBytes);
    StepRecord record;
    record.step = trimmed(step);
    record.step.cpu = parts.cpu;
    record.step.ripSymbol = parts.ripSymbol;
    if (auto done = m_file.begin(); !done)
        return broken<StepNumber>(done.error());
    record.delta = difference(m_state.parts(), parts);
    if (m_durable == 0)
        record.delta.tables.clear();
    m_state.adopt(std::move(parts));
    if (!stores.empty())
        attribute(record.delta, stores);
    if (auto done = add(record).and_then([this] { return commit(); }); !done)
        return broken<StepNumber>(done.error());
    m_durable = m_writers->chunks.size();
    return m_durable - 1;
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
    const std::string tried = "append a store to the recording " + path();
    if (control != parts.cpu.control)
        return failure(tried, "the control registers have changed", "append a snapshot instead");
    const Paging paging(parts.cpu.control, parts.features);
    EntryChange change = write.change;
    change.bytes = static_cast<std::uint8_t>(paging.entryBytes());
    const auto before = m_state.entryAt(change.address, change.bytes);
    if (!before)
        return failure(tried, "it is in no table of the previous step", "append a snapshot instead");
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

Result<StepNumber> RecordingWriter::Impl::appendStores(std::span<const WriteStep> writes)
{
    RETURN_IF_ERROR(usable());
    const StepNumber first = m_durable;
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
        = m_file.begin().and_then([&] { return recordWrites(writes, changes); }).and_then([&] {
              return commit();
          });
    if (!recorded)
        return broken<StepNumber>(recorded.error());
    m_durable = m_writers->chunks.size();
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
        RETURN_IF_ERROR(add(record));
    }
    return {};
}

Result<void> RecordingWriter::Impl::packFile()
{
    if (m_finished)
        return {};
    RETURN_IF_ERROR(usable());
    const auto packed = m_file.begin()
                            .and_then([&] { return m_writers->chunks.pack(); })
                            .and_then([&] { return m_file.markFinished(true); })
                            .and_then([&] { return commit(); });
    if (!packed)
        return broken<void>(packed.error());
    m_finished = true;
    m_writers.reset();
    return m_file.pack();
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

Result<void> RecordingWriter::checkNew(const std::string& path) { return RecordingFile::checkNew(path); }

Result<std::unique_ptr<RecordingWriter>> RecordingWriter::reopen(
    const std::string& path, Durability durability)
{
    auto impl = std::make_unique<Impl>();
    RETURN_IF_ERROR(impl->reopen(path, durability));
    return std::unique_ptr<RecordingWriter>(new RecordingWriter(std::move(impl)));
}

const std::string& RecordingWriter::path() const { return m_impl->path(); }
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
