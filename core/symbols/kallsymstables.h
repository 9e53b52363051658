// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace pgtscope::core {

/// Steps that the search may still take. It is what bounds the time on an image made to mislead.
class WorkBudget {
public:
    explicit WorkBudget(std::uint64_t steps)
        : m_left(steps)
    {
    }
    /// False once the budget is spent.
    bool spend(std::uint64_t steps)
    {
        m_left -= steps < m_left ? steps : m_left;
        return m_left > 0;
    }
    bool spent() const { return m_left == 0; }

private:
    std::uint64_t m_left;
};

/// kallsyms_token_table and kallsyms_token_index: 256 strings to which the bytes of packed names expand.
struct TokenTable {
    std::uint64_t begin = 0; ///< Offset of the first token.
    std::uint64_t index = 0; ///< Offset of the index, 256 16-bit distances from `begin`.
    std::uint64_t end = 0; ///< After the index.
    std::array<std::string_view, 256> tokens;
};

/// kallsyms_num_syms, kallsyms_names and kallsyms_markers.
struct NameTable {
    std::uint64_t countAt = 0; ///< Offset of kallsyms_num_syms.
    std::uint64_t begin = 0; ///< Offset of the first packed name.
    std::uint32_t count = 0; ///< Number of symbols.
    unsigned pointerBytes = 8;
};

/// A packed name: `length` token numbers from `at` on. The length takes one byte, or two (7 bits each, low
/// part first) since 6.1.
struct PackedName {
    std::uint64_t at = 0;
    std::uint32_t length = 0;
    std::uint64_t next() const { return at + length; }
};

/// The packed name at `offset`; nullopt if it is empty or not inside the image.
std::optional<PackedName> packedNameAt(std::span<const std::byte> image, std::uint64_t offset);

/// The next token table whose index begins at or after `from`.
std::optional<TokenTable> findTokenTable(
    std::span<const std::byte> image, std::uint64_t from, WorkBudget& budget);

/// The names that belong to `tokens`: they and their markers lie before it, `seqs_of_names` (6.2 to 6.3, and
/// backports) may lie between.
std::optional<NameTable> findNameTable(
    std::span<const std::byte> image, const TokenTable& tokens, unsigned pointerBytes, WorkBudget& budget);

} // namespace pgtscope::core
