// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/capture/xennames.h"

#include "core/symbols/xensymbols.h"

namespace pgtscope::gdb {

const core::SymbolTable& XenNames::symbols()
{
    if (m_symbols)
        return *m_symbols;
    m_symbols.emplace();
    if (m_image.empty())
        return *m_symbols;
    if (auto loaded = core::loadXenSymbols(m_image))
        m_symbols = std::move(*loaded);
    else if (m_remark)
        m_remark("Xen's functions have no names: " + loaded.error().message());
    return *m_symbols;
}

} // namespace pgtscope::gdb
