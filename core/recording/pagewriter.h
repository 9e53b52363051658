// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <unordered_map>

#include "core/recording/compression.h"
#include "core/recording/database.h"
#include "core/recording/stepcodec.h"

namespace pgtscope::core {

/// Writes the pages that PageStore reads: each content once. It must end before its database does.
class PageWriter {
public:
    /// Goes on with the pages that the recording holds.
    static Result<PageWriter> open(Database& database);

    /// The number of a page of this content, which is written if it is new, in the transaction that is open.
    PageId store(const TablePage& page);
    /// The latest Error of store(), which does not report it itself.
    Result<void> stored() const;
    /// What store() has written since open(), packed, in bytes.
    std::uint64_t bytes() const { return m_bytes; }

private:
    struct HashKey {
        std::size_t operator()(const ContentHash& hash) const noexcept
        {
            std::size_t key = 0;
            std::memcpy(&key, hash.data(), sizeof key);
            return key;
        }
    };

    Statement m_insert;
    std::unordered_map<ContentHash, PageId, HashKey> m_ids;
    PageId m_last = 0;
    std::uint64_t m_bytes = 0;
    std::optional<Error> m_error;
};

} // namespace pgtscope::core
