// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/recording/database.h"
#include "core/recording/stepcodec.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// Writes the records that ChunkStore reads. The latest wait in the tail, one row each; when they are many,
/// they become one packed chunk. All of it belongs to the transaction that is open. It must end before its
/// database does.
class ChunkWriter {
public:
    /// Goes on after the `size` steps of a recording. What a killed recorder left in the tail is the tail
    /// again: pack() it before the first add(), whose record knows nothing of theirs.
    static Result<ChunkWriter> open(Database& database, StepNumber size);

    /// Encodes the record of the next step.
    Result<void> add(const StepRecord& record);
    /// Writes the rows of the tail that are not written yet: the last thing before a commit.
    Result<void> writeTail();
    Result<void> pack();

    /// Number of steps, those of the transaction that is open included.
    StepNumber size() const { return m_size; }
    /// What add() has encoded since open(), not compressed, in bytes.
    std::uint64_t bytes() const { return m_bytes; }

private:
    struct TailRow {
        StepNumber number;
        Bytes data;
    };

    std::string m_path;
    Statement m_insertTail;
    Statement m_insertChunk;
    Statement m_deleteTail;
    CodecContext m_context; ///< Of the chunk that the tail becomes.
    StepNumber m_size = 0;
    std::uint64_t m_bytes = 0;
    Bytes m_tail; ///< Records since the last chunk.
    std::size_t m_tailSteps = 0;
    bool m_tailInFile = false;
    std::vector<TailRow> m_newRows; ///< Of the transaction that is open.
};

} // namespace pgtscope::core
