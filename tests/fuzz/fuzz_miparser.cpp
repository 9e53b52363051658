// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "gdb/mi/miparser.h"

namespace {

/// Bytes held by a value: what the parser keeps may never exceed what it was given.
std::size_t weight(const pgtscope::gdb::MiValue& value)
{
    std::size_t sum = value.text.size();
    for (const pgtscope::gdb::MiResult& item : value.items)
        sum += item.name.size() + weight(item.value);
    return sum;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string line(data, data + size);
    const auto record = pgtscope::gdb::parseMiLine(line);
    if (record && record->text.size() + record->name.size() + weight(record->results) > size)
        std::abort();
    return 0;
}
