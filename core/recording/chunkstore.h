// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "core/recording/database.h"
#include "core/recording/stepcodec.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// The records of a recording's steps: finds, unpacks and keeps the chunks that hold them.
class ChunkStore {
public:
    /// A record and what keeps it in memory.
    using RecordPtr = std::shared_ptr<const StepRecord>;

    explicit ChunkStore(Database& database)
        : m_database(database)
    {
    }

    /// Of the records; before anything is read.
    void setFormat(std::uint32_t format);
    std::uint32_t format() const { return m_format; }
    /// For the first of some records that are read one after another.
    CodecContext newContext() const;
    /// Takes up what was added since the last time. Fails only where a reader can do nothing at all.
    Result<void> refresh();
    /// Number of steps up to the first that is damaged.
    StepNumber size() const { return m_next + m_tail.size(); }
    /// What is wrong, empty if nothing is.
    const std::string& damage() const { return m_damage; }
    Result<RecordPtr> record(StepNumber number);

private:
    using Records = std::vector<StepRecord>;
    struct Place {
        StepNumber first;
        std::size_t count;
        std::size_t bytes;
    };
    struct Unpacked {
        StepNumber first;
        std::shared_ptr<const Records> records;
        std::size_t weight;
    };

    template <class Take>
    void readRows(std::string_view sql, std::uint64_t from, Take take);
    void readChunks();
    void readTail();
    void resetTail();
    Result<Unpacked> unpack(const Place& place);
    void damaged(const std::string& what);

    Database& m_database;
    std::vector<Place> m_places;
    StepNumber m_next = 0; // after the last chunk
    std::vector<RecordPtr> m_tail;
    std::uint32_t m_format = recordingFormat;
    CodecContext m_tailContext;
    std::list<Unpacked> m_kept; // latest first
    std::string m_damage;
};

} // namespace pgtscope::core
