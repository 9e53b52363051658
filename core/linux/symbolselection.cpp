// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/symbolselection.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "core/linux/events.h"

namespace pgtscope::core {

namespace {

constexpr std::string_view words[]
    = {"pgt", "pgd", "p4d", "pud", "pmd", "pte", "page_table", "pagetable", "ioremap", "fixmap", "memblock",
        "memory_mapping", "low_page", "set_memory", "kaslr", "cr3", "direct_map", "page_offset"};
constexpr std::string_view exactNames[] = {"_text", "_stext", "_etext", "_sinittext", "_einittext", "_sdata",
    "_edata", "_end", "__init_begin", "__init_end", "__bss_start", "__bss_stop", "__brk_base", "__brk_limit",
    "__start_rodata", "__end_rodata", "__end_rodata_hpage_align", "_brk_start", "_brk_end", "linux_banner",
    "system_state", "page_offset_base", "vmalloc_base", "vmemmap_base", "phys_base", "max_pfn", "max_low_pfn",
    "mm_init", "mm_core_init"};

class Selection {
public:
    explicit Selection(const SymbolTable& symbols)
        : m_initBegin(linkOf(symbols, "_sinittext"))
        , m_initEnd(linkOf(symbols, "_einittext"))
    {
        for (const BootEvent& event : bootEvents())
            m_names.insert(event.symbols.begin(), event.symbols.end());
        m_names.insert(std::begin(exactNames), std::end(exactNames));
        // Other functions of that end of early allocation contain its name.
        m_words.push_back(firstEventWith(PgtBufEffect::AllocatorEnds).symbols.front());
    }

    bool wants(const Symbol& symbol) const
    {
        const std::uint64_t address = symbol.address.value;
        if (address >= m_initBegin && address < m_initEnd && (symbol.type == 'T' || symbol.type == 't'))
            return true;
        if (m_names.contains(symbol.name))
            return true;
        // Markers of the build and of tracing name the same words a hundred times over.
        if (symbol.name.starts_with("__"))
            return symbol.name.starts_with("__brk_") || symbol.name.starts_with("__set_memory");
        return std::any_of(m_words.begin(), m_words.end(),
            [&](std::string_view word) { return symbol.name.find(word) != std::string::npos; });
    }

private:
    static std::uint64_t linkOf(const SymbolTable& symbols, std::string_view name)
    {
        const auto at = symbols.find(name);
        return at ? at->value - symbols.slide() : 0;
    }

    std::uint64_t m_initBegin;
    std::uint64_t m_initEnd;
    std::set<std::string_view> m_names;
    std::vector<std::string_view> m_words{std::begin(words), std::end(words)};
};

} // namespace

std::vector<Symbol> selectedSymbols(const SymbolTable& symbols)
{
    const Selection selection(symbols);
    std::vector<Symbol> kept;
    bool follower = false;
    for (const Symbol& symbol : symbols.symbols()) {
        const bool wanted = selection.wants(symbol);
        const bool behind = follower && symbol.address != kept.back().address;
        if (wanted || behind)
            kept.push_back(symbol);
        follower = wanted || (follower && !behind);
    }
    return kept;
}

} // namespace pgtscope::core
