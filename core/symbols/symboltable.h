// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.h"
#include "core/base/error.h"

namespace pgtscope::core {

/// A symbol as its file gives it: link-time address, nm's type letter ('T' text, 't' local text, 'D' data …).
struct Symbol {
    LinearAddress address;
    std::string name;
    char type = '?';
};

/// A symbol and how far an address lies after its start, in bytes.
struct SymbolOffset {
    std::string_view name;
    std::uint64_t offset = 0;
    /// "name" or "name+0x1f".
    std::string text() const;
};

/// Names and addresses of one kernel image. Addresses are link-time addresses; the run-time address is the
/// link-time address plus the KASLR slide, which the table carries once it is known. Immutable but for the
/// slide.
class SymbolTable {
public:
    SymbolTable() = default;
    explicit SymbolTable(std::vector<Symbol> symbols);

    bool empty() const { return m_byAddress.empty(); }
    /// Number of symbols.
    std::size_t size() const { return m_byAddress.size(); }
    /// Sorted by link-time address; symbols at one address keep the order of their file.
    const std::vector<Symbol>& symbols() const { return m_byAddress; }

    /// Run-time address minus link-time address, in bytes, modulo 2^64 (2^32 for a 32-bit kernel). Per-CPU
    /// and absolute symbols ('A', and addresses below the first text symbol) do not move.
    std::uint64_t slide() const { return m_slide; }
    /// The slide is kept modulo 2^32 when every symbol lies below 4 GiB.
    void setSlide(std::uint64_t slide) { m_slide = slide & m_mask; }

    /// Run-time address of the first symbol of that name, by address; nullopt if there is none.
    std::optional<LinearAddress> find(std::string_view name) const;
    /// The last symbol at or below the run-time `address`, text symbols preferred over others at the same
    /// place; nullopt below the first symbol, or 16 MiB and more after the nearest. A symbol that does not
    /// move (per-CPU offset, constant) is no place in memory and is never the answer.
    std::optional<SymbolOffset> at(LinearAddress address) const;

private:
    struct NameKey {
        std::uint64_t hash;
        std::uint32_t index;
    };

    bool moves(const Symbol& symbol) const;
    void indexNames();
    void indexPlaces();

    std::vector<Symbol> m_byAddress;
    std::vector<NameKey> m_byName; // by hash, then name, then index: hostile collisions stay O(log n)
    std::vector<std::uint32_t> m_places; // the preferred moving symbol of each address, ascending
    std::uint64_t m_firstText = 0;
    std::uint64_t m_mask = ~std::uint64_t{0};
    std::uint64_t m_slide = 0;
};

} // namespace pgtscope::core
