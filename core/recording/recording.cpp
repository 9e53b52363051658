// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/recording.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/recording/chunkstore.h"
#include "core/recording/compression.h"
#include "core/recording/pagestore.h"
#include "core/recording/recordedstate.h"
#include "core/recording/schema.h"
#include "core/recording/symbolstore.h"
#include "core/steps/tablediff.h"

namespace pgtscope::core {

namespace {

// Steps that are replayed at most to reach one: a recorder makes keyframes far more often.
constexpr StepNumber maxReplay = 8192;
// Earlier keyframes that are tried when one is damaged.
constexpr int maxKeyframesTried = 4;
constexpr int maxMetaRows = 64;

} // namespace

class Recording::Impl {
public:
    explicit Impl(std::unique_ptr<Database> database)
        : m_database(std::move(database))
        , m_chunks(*m_database)
        , m_pages(*m_database)
        , m_code(*m_database)
    {
    }

    Result<void> load();
    Result<void> readMeta();
    Result<StepChanges> changes(StepNumber number);
    Result<SnapshotPtr> snapshot(StepNumber number);
    Result<SymbolTable> symbols();
    Result<std::vector<CodeLine>> code(StepNumber number) { return m_code.lines(number); }

    GuestDescription m_guest;
    bool m_finished = false;
    std::string m_damage;

private:
    std::unique_ptr<Database> m_database;

public:
    ChunkStore m_chunks;

private:
    Result<std::optional<StepNumber>> keyframeBefore(StepNumber number);
    Result<void> loadKeyframe(StepNumber number);
    Result<void> seek(StepNumber number);
    Result<void> replay(StepNumber number);

    PageStore m_pages;
    CodeReader m_code;
    RecordedState m_state;
    std::optional<StepNumber> m_at; // the step that m_state is at
};

Result<void> Recording::Impl::load()
{
    if (auto done = readMeta(); !done) {
        if (m_damage.empty())
            m_damage = "the guest's description cannot be read: " + done.error().happened;
    }
    const auto format = formatOf(*m_database);
    RETURN_IF_ERROR(format);
    m_chunks.setFormat(*format);
    return m_chunks.refresh();
}

Result<void> Recording::Impl::readMeta()
{
    ASSIGN_OR_RETURN(auto query, m_database->prepare("SELECT key, value FROM meta"));
    for (int i = 0; i < maxMetaRows; ++i) {
        ASSIGN_OR_RETURN(auto row, query.next());
        if (!row)
            break;
        const std::string_view key = query.text(0);
        const std::string_view value = query.text(1).substr(0, 65'536);
        const std::pair<std::string_view, std::string*> texts[] = {{"guest", &m_guest.guest},
            {"kernel", &m_guest.kernel}, {"command_line", &m_guest.commandLine},
            {"machine", &m_guest.machine}, {"grain", &m_guest.granularity}, {"recorder", &m_guest.recorder},
            {"started", &m_guest.started}, {"rules", &m_guest.rules}, {"recipe", &m_guest.recipe}};
        for (const auto& [name, place] : texts)
            if (key == name)
                *place = value;
        if (key == "memory_bytes")
            std::from_chars(value.data(), value.data() + value.size(), m_guest.memoryBytes);
        if (key == "finished")
            m_finished = value == "1";
    }
    return {};
}

Result<std::optional<StepNumber>> Recording::Impl::keyframeBefore(StepNumber number)
{
    ASSIGN_OR_RETURN(auto query,
        m_database->prepare("SELECT step FROM keyframes WHERE step <= ? ORDER BY step DESC LIMIT 1"));
    ASSIGN_OR_RETURN(auto row, query.bind(0, number).next());
    if (!row || query.number(0) > number)
        return std::optional<StepNumber>();
    return std::optional(query.number(0));
}

Result<void> Recording::Impl::loadKeyframe(StepNumber number)
{
    const auto bad = failure(
        "read the state at step " + std::to_string(number) + " of " + m_database->path(), "it is damaged");
    ASSIGN_OR_RETURN(
        auto query, m_database->prepare("SELECT bytes, hash, data FROM keyframes WHERE step = ?"));
    ASSIGN_OR_RETURN(auto row, query.bind(0, number).next());
    if (!row || !std::ranges::equal(contentHash(query.bytes(2)), query.bytes(1)))
        return bad;
    auto raw = decompress(query.bytes(2), query.number(0));
    if (!raw)
        return bad;
    Unpacker in(*raw);
    CodecContext context = m_chunks.newContext();
    auto record = decodeStep(in, context);
    if (!record)
        return bad;
    m_state = {};
    m_at.reset();
    RETURN_IF_ERROR(m_state.apply(*record, [this](PageId id) { return m_pages.page(id); }));
    m_at = number;
    return {};
}

/// Carries the state forward to `number`.
Result<void> Recording::Impl::replay(StepNumber number)
{
    while (*m_at < number) {
        ASSIGN_OR_RETURN(auto record, m_chunks.record(*m_at + 1));
        const StepNumber next = *m_at + 1;
        m_at.reset();
        RETURN_IF_ERROR(m_state.apply(*record, [this](PageId id) { return m_pages.page(id); }));
        m_at = next;
    }
    return {};
}

Result<void> Recording::Impl::seek(StepNumber number)
{
    if (number >= m_chunks.size())
        return m_chunks.record(number).and_then([](auto&&) { return Result<void>(); });
    std::optional<Error> first;
    StepNumber limit = number;
    for (int tries = 0; tries < maxKeyframesTried; ++tries) {
        auto keyframe = keyframeBefore(limit);
        if (!keyframe && !first)
            first = keyframe.error();
        if (!keyframe || !*keyframe || number - **keyframe > maxReplay)
            break;
        const StepNumber from = **keyframe;
        // Going on from step m_at is cheaper.
        const bool near = m_at && *m_at >= from && *m_at <= number;
        auto done = near ? Result<void>() : loadKeyframe(from);
        if (done)
            done = replay(number);
        if (done)
            return {};
        if (!first)
            first = done.error();
        if (from == 0)
            break;
        limit = from - 1;
    }
    if (first)
        return tl::unexpected(*first);
    return failure("reach step " + std::to_string(number) + " of " + m_database->path(),
        "no whole state is recorded shortly before it", "the recording is damaged");
}

Result<SnapshotPtr> Recording::Impl::snapshot(StepNumber number)
{
    RETURN_IF_ERROR(seek(number));
    return m_state.snapshot();
}

Result<StepChanges> Recording::Impl::changes(StepNumber number)
{
    ASSIGN_OR_RETURN(auto record, m_chunks.record(number));
    StepChanges changes;
    if (number == 0)
        return changes;
    const StateDelta& delta = record->delta;
    changes.tables = delta.tables;
    for (const EntryChange& entry : delta.entries)
        if (entry.levels != 0)
            (entry.before == entry.after ? changes.stores : changes.entries).push_back(entry);
    for (const PageSwap& swap : delta.pages) {
        auto before = m_pages.page(swap.before);
        auto after = m_pages.page(swap.after);
        if (!before || !after)
            return tl::unexpected(before ? after.error() : before.error());
        appendChangedWords({swap.frame, *before, *after}, swap.entryBytes, swap.levels, changes.entries);
    }
    for (auto* list : {&changes.entries, &changes.stores})
        std::ranges::stable_sort(*list, {}, &EntryChange::address);
    return changes;
}

Result<SymbolTable> Recording::Impl::symbols()
{
    ASSIGN_OR_RETURN(
        auto query, m_database->prepare("SELECT slide, bytes, hash, data FROM symbols WHERE id = 1"));
    ASSIGN_OR_RETURN(auto row, query.next());
    if (!row)
        return SymbolTable();
    if (!std::ranges::equal(contentHash(query.bytes(3)), query.bytes(2)))
        return failure("read the symbols of " + m_database->path(), "they are damaged");
    ASSIGN_OR_RETURN(auto raw, decompress(query.bytes(3), query.number(1)));
    ASSIGN_OR_RETURN(auto symbols, unpackSymbols(raw));
    SymbolTable table(std::move(symbols));
    table.setSlide(query.number(0));
    return table;
}

Recording::Recording(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{
}

Recording::~Recording() = default;

Result<std::unique_ptr<Recording>> Recording::open(const std::string& path)
{
    std::string damage;
    ASSIGN_OR_RETURN(auto database, openRecording(path, damage));
    auto impl = std::make_unique<Impl>(std::move(database));
    impl->m_damage = std::move(damage);
    RETURN_IF_ERROR(impl->load());
    return std::unique_ptr<Recording>(new Recording(std::move(impl)));
}

Result<std::unique_ptr<Recording>> Recording::follow(const std::string& path)
{
    ASSIGN_OR_RETURN(auto database, followRecording(path));
    auto impl = std::make_unique<Impl>(std::move(database));
    RETURN_IF_ERROR(impl->load());
    return std::unique_ptr<Recording>(new Recording(std::move(impl)));
}

const GuestDescription& Recording::guest() const { return m_impl->m_guest; }
bool Recording::finished() const { return m_impl->m_finished; }
std::uint32_t Recording::format() const { return m_impl->m_chunks.format(); }

const std::string& Recording::damage() const
{
    return m_impl->m_chunks.damage().empty() ? m_impl->m_damage : m_impl->m_chunks.damage();
}

StepNumber Recording::size() const { return m_impl->m_chunks.size(); }

Result<void> Recording::refresh()
{
    if (!m_impl->m_finished)
        RETURN_IF_ERROR(m_impl->readMeta());
    return m_impl->m_chunks.refresh();
}

Result<Step> Recording::step(StepNumber number)
{
    return m_impl->m_chunks.record(number).map([](const auto& record) { return record->step; });
}

Result<StepChanges> Recording::changes(StepNumber number) { return m_impl->changes(number); }
Result<SnapshotPtr> Recording::snapshot(StepNumber number) { return m_impl->snapshot(number); }
Result<std::vector<CodeLine>> Recording::code(StepNumber number) { return m_impl->code(number); }

Result<SymbolTable> Recording::symbols() { return m_impl->symbols(); }

} // namespace pgtscope::core
