// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/filter/filter.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// Run-time addresses of the table's symbols, whatever the field. `table` must outlive the lookup.
SymbolLookup lookupIn(const SymbolTable& table);

} // namespace pgtscope::core
