// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/keyframewriter.h"

#include <algorithm>

#include "core/recording/compression.h"

namespace pgtscope::core {

namespace {

// A keyframe costs a list of the tables and the pages that changed; without one, a reader replays everything
// since the previous one.
constexpr std::uint64_t stepsBetweenKeyframes = 2048;
constexpr std::uint64_t bytesBetweenKeyframes = 256 << 10;

} // namespace

Result<KeyframeWriter> KeyframeWriter::open(Database& database, StepNumber size)
{
    KeyframeWriter writer;
    ASSIGN_OR_RETURN(writer.m_insert, database.prepare("INSERT INTO keyframes VALUES(?, ?, ?, ?)"));
    ASSIGN_OR_RETURN(auto query, database.prepare("SELECT max(step) FROM keyframes"));
    RETURN_IF_ERROR(query.next());
    writer.m_next = std::min(size, query.number(0));
    return writer;
}

bool KeyframeWriter::dueAfter(StepNumber number, std::uint64_t written) const
{
    return number == 0 || number + 1 - m_next >= stepsBetweenKeyframes
        || written - m_written >= bytesBetweenKeyframes;
}

Result<void> KeyframeWriter::add(StepNumber number, const StepRecord& whole, std::uint64_t written)
{
    CodecContext context;
    Packer packer;
    encodeStep(whole, context, packer);
    const Bytes raw = packer.take();
    const Bytes data = compress(raw, slowCompression);
    m_next = number + 1;
    m_written = written;
    return m_insert.bind(0, number).bind(1, raw.size()).bind(2, contentHash(data)).bind(3, data).run();
}

} // namespace pgtscope::core
