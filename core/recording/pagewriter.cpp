// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/pagewriter.h"

#include <algorithm>

namespace pgtscope::core {

Result<PageWriter> PageWriter::open(Database& database)
{
    PageWriter writer;
    ASSIGN_OR_RETURN(writer.m_insert, database.prepare("INSERT INTO pages VALUES(?, ?, ?)"));
    ASSIGN_OR_RETURN(auto query, database.prepare("SELECT id, hash FROM pages"));
    for (;;) {
        ASSIGN_OR_RETURN(const bool row, query.next());
        if (!row)
            return writer;
        ContentHash hash{};
        if (query.bytes(1).size() != hash.size())
            return failure("continue the recording " + database.path(), "the pages in it are damaged",
                "start a new one");
        std::memcpy(hash.data(), query.bytes(1).data(), hash.size());
        writer.m_ids.try_emplace(hash, query.number(0));
        writer.m_last = std::max(writer.m_last, query.number(0));
    }
}

PageId PageWriter::store(const TablePage& page)
{
    const ContentHash hash = contentHash(page);
    const auto [place, isNew] = m_ids.try_emplace(hash, m_last + 1);
    if (isNew) {
        ++m_last;
        const Bytes packed = compressPage(page);
        if (auto done = m_insert.bind(0, place->second).bind(1, hash).bind(2, packed).run(); !done)
            m_error = done.error();
        m_bytes += packed.size();
    }
    return place->second;
}

Result<void> PageWriter::stored() const
{
    return m_error ? Result<void>(tl::unexpected(*m_error)) : Result<void>();
}

} // namespace pgtscope::core
