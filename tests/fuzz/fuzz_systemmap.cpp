// SPDX-License-Identifier: GPL-2.0-or-later
// A System.map, or /proc/kallsyms as it was saved, and the table made of it.
#include "core/filter/symbollookup.h"
#include "core/symbols/plainname.h"
#include "core/symbols/symboltable.h"
#include "core/symbols/systemmap.h"
#include "tests/fuzz/input.h"

using namespace pgtscope::core;
using pgtscope::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    auto symbols = parseSystemMap(text, "fuzz");
    if (!symbols)
        return 0;
    require(looksLikeSystemMap(text) && symbols->size() <= size);
    for (const Symbol& symbol : *symbols) {
        require(!symbol.name.empty());
        if (isMangled(symbol.name))
            require(plainName(symbol.name).size() < (std::size_t{1} << 20));
    }
    SymbolTable table(std::move(*symbols));
    table.setSlide(size * 4096);
    const SymbolLookup lookup = lookupIn(table);
    for (const Symbol& symbol : table.symbols()) {
        const auto found = table.find(symbol.name);
        require(found.has_value());
        if (const auto at = table.at(*found))
            require(!at->text().empty());
    }
    require(lookup.near("init_mem_maping").size() < 100);
    return 0;
}
