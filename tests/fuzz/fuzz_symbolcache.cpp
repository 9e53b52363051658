// SPDX-License-Identifier: GPL-2.0-or-later
// An entry of the cache of symbols.
#include <cstring>
#include <vector>

#include <xxhash.h>

#include "core/symbols/symbolcache.h"
#include "tests/fuzz/input.h"

using namespace pgtscope::core;
using pgtscope::fuzz::Input;
using pgtscope::fuzz::require;

/// The first byte says whether what follows is given the head and the hash that it would need.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto sound = packKernelSymbols({});
    constexpr std::size_t hashAt = 16;
    constexpr std::size_t headBytes = 24;
    Input input(data, size);
    const bool asIs = input.byte() % 2 == 1;
    const auto rest = input.restBytes();
    std::vector<std::byte> entry;
    if (!asIs) {
        entry.assign(sound.begin(), sound.begin() + headBytes);
        const std::uint64_t hash = XXH3_64bits(rest.data(), rest.size());
        std::memcpy(entry.data() + hashAt, &hash, sizeof hash);
    }
    entry.insert(entry.end(), rest.begin(), rest.end());
    const auto symbols = unpackKernelSymbols(entry);
    if (!symbols)
        return 0;
    require(symbols->pointerBytes == 4 || symbols->pointerBytes == 8);
    require(symbols->table.size() <= size && symbols->segments.size() <= size);
    const auto packed = packKernelSymbols(*symbols);
    const auto again = unpackKernelSymbols(packed);
    require(again && packKernelSymbols(*again) == packed);
    return 0;
}
