// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <list>
#include <optional>
#include <unordered_map>

#include "core/model/table.h"
#include "core/recording/database.h"
#include "core/recording/stepcodec.h"

namespace pgtscope::core {

/// The pages of a recording by number; the latest ones are kept, so that snapshots share them.
class PageStore {
public:
    explicit PageStore(Database& database)
        : m_database(database)
    {
    }

    /// Fails if the page is not there or not what its hash says.
    Result<TablePagePtr> page(PageId id);

private:
    struct Kept {
        PageId id;
        TablePagePtr page;
    };
    Database& m_database;
    std::optional<Statement> m_query;
    std::list<Kept> m_kept; // latest first
    std::unordered_map<PageId, std::list<Kept>::iterator> m_places;
};

} // namespace pgtscope::core
