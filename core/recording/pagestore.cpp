// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/pagestore.h"

#include <algorithm>

#include "core/recording/compression.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t maxKeptPages = 8192; // 32 MiB

} // namespace

Result<TablePagePtr> PageStore::page(PageId id)
{
    if (const auto place = m_places.find(id); place != m_places.end()) {
        m_kept.splice(m_kept.begin(), m_kept, place->second);
        return place->second->page;
    }
    if (!m_query) {
        ASSIGN_OR_RETURN(auto query, m_database.prepare("SELECT hash, data FROM pages WHERE id = ?"));
        m_query = std::move(query);
    }
    auto row = m_query->bind(0, id).next();
    RETURN_IF_ERROR(row);
    Result<std::shared_ptr<TablePage>> page
        = failure("read a table page of " + m_database.path(), "it is missing or damaged");
    if (*row)
        if (auto unpacked = decompressPage(m_query->bytes(1)); unpacked)
            if (std::ranges::equal(contentHash(**unpacked), m_query->bytes(0)))
                page = std::move(unpacked);
    m_query->reset();
    RETURN_IF_ERROR(page);
    m_kept.push_front({id, *page});
    m_places[id] = m_kept.begin();
    if (m_kept.size() > maxKeptPages) {
        m_places.erase(m_kept.back().id);
        m_kept.pop_back();
    }
    return m_kept.front().page;
}

} // namespace pgtscope::core
