// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/labguest.h"

#include <algorithm>
#include <limits>

namespace pgtscope::core::lab {

Result<CheckerTypes> readCheckerTypes(
    PhysicalMemory& memory, PhysicalAddress types, std::uint64_t count, std::vector<FrameNumber> frames)
{
    if (count > (std::numeric_limits<std::uint64_t>::max() - types.value) / sizeof(std::uint64_t))
        return CheckerTypes{};
    std::sort(frames.begin(), frames.end());
    frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
    frames.erase(std::lower_bound(frames.begin(), frames.end(), FrameNumber(count)), frames.end());
    std::vector<std::uint64_t> words(frames.size());
    std::vector<PhysicalRead> reads;
    for (std::size_t first = 0, next = 0; first < frames.size(); first = next) {
        while (next < frames.size() && frames[next] == frames[first] + (next - first))
            ++next;
        const auto run = std::span(words).subspan(first, next - first);
        reads.push_back({types + frames[first].value * sizeof(std::uint64_t), std::as_writable_bytes(run)});
    }
    RETURN_IF_ERROR(memory.read(reads));
    CheckerTypes result;
    result.known = std::all_of(reads.begin(), reads.end(), [](const PhysicalRead& read) { return read.ok; });
    for (std::size_t i = 0; i < frames.size() && result.known; ++i)
        if (const auto table = tableFrom(frames[i], words[i]))
            result.tables.push_back(*table);
    return result;
}

} // namespace pgtscope::core::lab
