// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter/symbollookup.h"

#include "core/filter/nearnames.h"

namespace pgtscope::core {

SymbolLookup lookupIn(const SymbolTable& table)
{
    SymbolLookup lookup;
    lookup.find = [&table](std::string_view name, Field) -> std::optional<std::uint64_t> {
        const auto address = table.find(name);
        return address ? std::optional(address->value) : std::nullopt;
    };
    lookup.near = [&table](std::string_view name) {
        NearNames near(name);
        for (const Symbol& symbol : table.symbols())
            near.consider(symbol.name);
        return near.take();
    };
    return lookup;
}

} // namespace pgtscope::core
