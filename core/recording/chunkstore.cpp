// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/chunkstore.h"

#include <algorithm>

#include "core/recording/compression.h"

namespace pgtscope::core {

namespace {

// More than a recorder puts there.
constexpr std::size_t maxStepsInChunk = 4096;
constexpr std::size_t maxTailSteps = 4096;
constexpr std::size_t maxChunks = 4'000'000;
constexpr std::size_t maxKeptChunks = 16;
constexpr std::size_t maxKeptBytes = std::size_t{256} << 20;

bool hashed(ByteView data, ByteView hash) { return std::ranges::equal(contentHash(data), hash); }

} // namespace

void ChunkStore::damaged(const std::string& what)
{
    m_damage
        = size() == 0 ? what + " from the first step on" : what + " after step " + std::to_string(size() - 1);
}

void ChunkStore::setFormat(std::uint32_t format)
{
    m_format = format;
    resetTail();
}

CodecContext ChunkStore::newContext() const
{
    CodecContext context;
    context.format = m_format;
    return context;
}

void ChunkStore::resetTail()
{
    m_tail.clear();
    m_tailContext = newContext();
}

Result<void> ChunkStore::refresh()
{
    // After the first damage nothing can be replayed.
    if (!m_damage.empty())
        return {};
    // One transaction: a recorder may move the tail into a chunk between two statements.
    RETURN_IF_ERROR(m_database.execute("BEGIN"));
    readChunks();
    if (m_damage.empty())
        readTail();
    if (m_damage.empty())
        return m_database.execute("COMMIT");
    // SQLite does not commit a transaction in which it met damage.
    (void)m_database.execute("ROLLBACK");
    return {};
}

/// Of the rows from `from` on, up to the first that `take` refuses.
template <class Take>
void ChunkStore::readRows(std::string_view sql, std::uint64_t from, Take take)
{
    auto query = m_database.prepare(sql);
    if (!query)
        return damaged(query.error().happened);
    query->bind(0, from);
    for (;;) {
        auto row = query->next();
        if (!row)
            return damaged(row.error().happened);
        if (!*row)
            return;
        if (!take(*query))
            return damaged("the steps are damaged");
    }
}

void ChunkStore::readChunks()
{
    readRows("SELECT first, count, bytes, hash, data FROM step_chunks WHERE first >= ? ORDER BY first",
        m_next, [this](const Statement& row) {
            const Place place{row.number(0), row.number(1), row.number(2)};
            if (place.first != m_next || place.count == 0 || place.count > maxStepsInChunk
                || place.bytes > maxUnpackedBytes || m_places.size() == maxChunks
                || !hashed(row.bytes(4), row.bytes(3)))
                return false;
            resetTail();
            m_places.push_back(place);
            m_next += place.count;
            return true;
        });
}

void ChunkStore::readTail()
{
    readRows("SELECT number, hash, data FROM step_tail WHERE number >= ? ORDER BY number", size(),
        [this](const Statement& row) {
            const ByteView data = row.bytes(2);
            if (row.number(0) != size() || m_tail.size() == maxTailSteps || !hashed(data, row.bytes(1)))
                return false;
            Unpacker in(data);
            auto record = decodeStep(in, m_tailContext);
            if (!record || !in.atEnd())
                return false;
            record->step.number = size();
            m_tail.push_back(std::make_shared<const StepRecord>(std::move(*record)));
            return true;
        });
}

Result<ChunkStore::Unpacked> ChunkStore::unpack(const Place& place)
{
    const auto bad = failure("read steps " + std::to_string(place.first) + " to "
            + std::to_string(place.first + place.count - 1) + " of " + m_database.path(),
        "they are damaged");
    ASSIGN_OR_RETURN(auto query, m_database.prepare("SELECT hash, data FROM step_chunks WHERE first = ?"));
    ASSIGN_OR_RETURN(auto row, query.bind(0, place.first).next());
    if (!row || !hashed(query.bytes(1), query.bytes(0)))
        return bad;
    auto raw = decompress(query.bytes(1), place.bytes);
    if (!raw)
        return bad;
    auto records = std::make_shared<Records>();
    records->reserve(place.count);
    CodecContext context = newContext();
    Unpacker in(*raw);
    for (std::size_t i = 0; i < place.count; ++i) {
        auto record = decodeStep(in, context);
        if (!record)
            return bad;
        record->step.number = place.first + i;
        records->push_back(std::move(*record));
    }
    if (!in.atEnd())
        return bad;
    return Unpacked{place.first, std::move(records), maxDecodedBytes - context.budget};
}

Result<ChunkStore::RecordPtr> ChunkStore::record(StepNumber number)
{
    if (number >= size())
        return failure("read step " + std::to_string(number) + " of " + m_database.path(),
            size() == 0 ? "it has no steps" : "its last step is " + std::to_string(size() - 1));
    if (number >= m_next)
        return m_tail[static_cast<std::size_t>(number - m_next)];
    const auto after = std::upper_bound(m_places.begin(), m_places.end(), number,
        [](StepNumber n, const Place& place) { return n < place.first; });
    const Place& place = *std::prev(after);
    auto kept = std::find_if(
        m_kept.begin(), m_kept.end(), [&](const Unpacked& u) { return u.first == place.first; });
    if (kept == m_kept.end()) {
        ASSIGN_OR_RETURN(auto unpacked, unpack(place));
        m_kept.push_front(std::move(unpacked));
        std::size_t weight = 0;
        std::size_t count = 0;
        m_kept.remove_if([&](const Unpacked& u) {
            weight += u.weight;
            return ++count > 1 && (weight > maxKeptBytes || count > maxKeptChunks);
        });
    } else {
        m_kept.splice(m_kept.begin(), m_kept, kept);
    }
    const std::shared_ptr<const Records>& records = m_kept.front().records;
    // Shares the chunk's lifetime.
    return RecordPtr(records, &(*records)[static_cast<std::size_t>(number - place.first)]);
}

} // namespace pgtscope::core
