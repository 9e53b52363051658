// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/symboltable.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <limits>

namespace pgtscope::core {

namespace {

constexpr std::uint64_t farthest = std::uint64_t{16} << 20;
constexpr std::uint64_t narrowMask = 0xffffffff;

bool isText(char type) { return type == 'T' || type == 't'; }

/// Lower is preferred when several symbols share an address: global text, local text, weak (nearly always a
/// function in a kernel), the rest.
int rank(char type)
{
    switch (type) {
    case 'T':
        return 0;
    case 't':
        return 1;
    case 'W':
    case 'w':
        return 2;
    default:
        return 3;
    }
}

std::uint64_t hashOf(std::string_view name) { return std::hash<std::string_view>{}(name); }

} // namespace

std::string SymbolOffset::text() const
{
    if (offset == 0) {
        return std::string(name);
    }
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), offset, 16).ptr;
    return std::string(name) + "+0x" + std::string(digits.data(), end);
}

SymbolTable::SymbolTable(std::vector<Symbol> symbols)
    : m_byAddress(std::move(symbols))
{
    if (m_byAddress.size() > std::numeric_limits<std::uint32_t>::max()) {
        m_byAddress.resize(std::numeric_limits<std::uint32_t>::max());
    }
    const auto below = [](const Symbol& a, const Symbol& b) { return a.address < b.address; };
    if (!std::is_sorted(m_byAddress.begin(), m_byAddress.end(), below)) {
        std::stable_sort(m_byAddress.begin(), m_byAddress.end(), below);
    }
    const auto text = std::find_if(
        m_byAddress.begin(), m_byAddress.end(), [](const Symbol& s) { return isText(s.type); });
    m_firstText = text == m_byAddress.end() ? 0 : text->address.value;
    if (!m_byAddress.empty() && m_byAddress.back().address.value <= narrowMask) {
        m_mask = narrowMask;
    }
    indexNames();
    indexPlaces();
}

bool SymbolTable::moves(const Symbol& symbol) const
{
    return symbol.type != 'A' && symbol.type != 'a' && symbol.address.value >= m_firstText;
}

void SymbolTable::indexNames()
{
    m_byName.reserve(m_byAddress.size());
    for (std::uint32_t i = 0; i < m_byAddress.size(); ++i) {
        m_byName.push_back({hashOf(m_byAddress[i].name), i});
    }
    std::sort(m_byName.begin(), m_byName.end(), [this](const NameKey& a, const NameKey& b) {
        if (a.hash != b.hash) {
            return a.hash < b.hash;
        }
        const int order = m_byAddress[a.index].name.compare(m_byAddress[b.index].name);
        return order != 0 ? order < 0 : a.index < b.index;
    });
}

void SymbolTable::indexPlaces()
{
    for (std::uint32_t i = 0; i < m_byAddress.size(); ++i) {
        const Symbol& symbol = m_byAddress[i];
        if (!moves(symbol)) {
            continue;
        }
        if (m_places.empty() || m_byAddress[m_places.back()].address != symbol.address) {
            m_places.push_back(i);
        } else if (rank(symbol.type) < rank(m_byAddress[m_places.back()].type)) {
            m_places.back() = i;
        }
    }
}

std::optional<LinearAddress> SymbolTable::find(std::string_view name) const
{
    const std::uint64_t hash = hashOf(name);
    const auto place
        = std::partition_point(m_byName.begin(), m_byName.end(), [this, hash, name](const NameKey& key) {
              return key.hash != hash ? key.hash < hash : m_byAddress[key.index].name < name;
          });
    if (place == m_byName.end() || m_byAddress[place->index].name != name) {
        return std::nullopt;
    }
    const Symbol& symbol = m_byAddress[place->index];
    return moves(symbol) ? LinearAddress((symbol.address.value + m_slide) & m_mask) : symbol.address;
}

std::optional<SymbolOffset> SymbolTable::at(LinearAddress address) const
{
    if ((address.value & ~m_mask) != 0) {
        return std::nullopt;
    }
    const LinearAddress link((address.value - m_slide) & m_mask);
    const auto behind = std::partition_point(m_places.begin(), m_places.end(),
        [this, link](std::uint32_t index) { return m_byAddress[index].address <= link; });
    if (behind == m_places.begin()) {
        return std::nullopt;
    }
    const Symbol& symbol = m_byAddress[*std::prev(behind)];
    const std::uint64_t offset = link - symbol.address;
    if (offset >= farthest) {
        return std::nullopt;
    }
    return SymbolOffset{symbol.name, offset};
}

} // namespace pgtscope::core
