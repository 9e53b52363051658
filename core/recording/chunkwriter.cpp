// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/chunkwriter.h"

#include "core/recording/compression.h"

namespace pgtscope::core {

namespace {

// A chunk is the unit that a reader unpacks to see one step.
constexpr std::size_t stepsInChunk = 1024;
constexpr std::size_t bytesInChunk = 128 << 10;

} // namespace

Result<ChunkWriter> ChunkWriter::open(Database& database, StepNumber size)
{
    ChunkWriter writer;
    writer.m_path = database.path();
    writer.m_size = size;
    ASSIGN_OR_RETURN(writer.m_insertTail, database.prepare("INSERT INTO step_tail VALUES(?, ?, ?)"));
    ASSIGN_OR_RETURN(writer.m_insertChunk, database.prepare("INSERT INTO step_chunks VALUES(?, ?, ?, ?, ?)"));
    ASSIGN_OR_RETURN(writer.m_deleteTail, database.prepare("DELETE FROM step_tail"));
    ASSIGN_OR_RETURN(auto query, database.prepare("SELECT data FROM step_tail ORDER BY number"));
    for (;;) {
        ASSIGN_OR_RETURN(const bool row, query.next());
        if (!row)
            return writer;
        const ByteView data = query.bytes(0);
        writer.m_tail.insert(writer.m_tail.end(), data.begin(), data.end());
        ++writer.m_tailSteps;
        writer.m_tailInFile = true;
        if (writer.m_tail.size() > maxUnpackedBytes)
            return failure(
                "continue the recording " + writer.m_path, "its last steps are too large", "start a new one");
    }
}

Result<void> ChunkWriter::add(const StepRecord& record)
{
    Packer packer;
    encodeStep(record, m_context, packer);
    Bytes data = packer.take();
    // Half, because it may share a chunk.
    if (data.size() > maxUnpackedBytes / 2)
        return failure("append to the recording " + m_path, "the step is too large");
    m_bytes += data.size();
    m_tail.insert(m_tail.end(), data.begin(), data.end());
    ++m_tailSteps;
    m_newRows.push_back({m_size, std::move(data)});
    ++m_size;
    return m_tailSteps >= stepsInChunk || m_tail.size() >= bytesInChunk ? pack() : Result<void>{};
}

Result<void> ChunkWriter::writeTail()
{
    for (const TailRow& row : m_newRows) {
        const ContentHash hash = contentHash(row.data);
        RETURN_IF_ERROR(m_insertTail.bind(0, row.number).bind(1, hash).bind(2, row.data).run());
        m_tailInFile = true;
    }
    m_newRows.clear();
    return {};
}

Result<void> ChunkWriter::pack()
{
    if (m_tailSteps == 0)
        return {};
    const Bytes data = compress(m_tail, slowCompression);
    m_insertChunk.bind(0, m_size - m_tailSteps).bind(1, m_tailSteps).bind(2, m_tail.size());
    RETURN_IF_ERROR(m_insertChunk.bind(3, contentHash(data)).bind(4, data).run());
    RETURN_IF_ERROR(m_tailInFile ? m_deleteTail.run() : Result<void>());
    m_newRows.clear();
    m_tail.clear();
    m_tailSteps = 0;
    m_tailInFile = false;
    m_context = {};
    return {};
}

} // namespace pgtscope::core
