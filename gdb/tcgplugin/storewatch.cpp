// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/tcgplugin/storewatch.h"

#include <algorithm>
#include <cstring>

#include "gdb/tcgplugin/placewatch.h"

namespace pgtscope::places {

bool StoreWatch::looksAt(std::uint64_t instruction) const
{
    const Stores& stores = m_places.stores;
    const auto begin = stores.writers.begin();
    const auto end = begin + std::min(stores.writerCount, maxWriters);
    return std::find(begin, end, instruction) != end;
}

void StoreWatch::stored(std::uint64_t given)
{
    Stores& stores = m_places.stores;
    const std::uint64_t bytes = stores.bytes == 4 ? 4 : 8;
    const bool here = (given & ~(bytes - 1)) == (m_physical ? stores.physical : stores.offset);
    if (!here || stores.counting == 0 || stores.done >= std::min(stores.valueCount, maxValues)
        || stores.offset > m_ramBytes - bytes)
        return;
    std::uint64_t value = 0;
    std::memcpy(&value, m_ram + stores.offset, bytes);
    if (value == stores.values[stores.done] && ++stores.done == stores.valueCount)
        holdCpu(m_places);
}

} // namespace pgtscope::places
