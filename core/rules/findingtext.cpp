// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/findingtext.h"

#include "core/model/frametext.h"

namespace pgtscope::core {

std::string rangeText(LinearRange range)
{
    return '[' + hexText(range.begin.value) + ", " + hexText(range.end.value) + ')';
}

std::string rangeText(FrameRange range)
{
    return '[' + frameText(range.begin) + ", " + frameText(range.end) + ')';
}

std::string orderText(GuestFrameRange range, GuestFrame pfn)
{
    return frameText(range.begin) + " <= " + frameText(pfn) + " < " + frameText(range.end);
}

std::string entryText(const Paging& paging, const FindingEntry& entry)
{
    return std::string(paging.names(entry.level).intel) + ' ' + physicalText(entry.address) + " = "
        + hexText(entry.raw);
}

std::string placeText(const FindingEntry& entry)
{
    if (entry.detached)
        return "in a detached table, which no walk from CR3 reaches";
    if (entry.paths <= 1)
        return "at " + hexText(entry.linear.value);
    return "at " + std::to_string(entry.paths) + " linear addresses from " + hexText(entry.linear.value)
        + " on";
}

FindingEntry findingEntry(const Snapshot& snapshot, const Alias& alias)
{
    FindingEntry entry;
    entry.table = alias.reach.table;
    entry.tableAddress = snapshot.table(alias.reach.table).address;
    entry.address = alias.entryAddress;
    entry.level = alias.entry.level;
    entry.index = alias.index;
    entry.raw = alias.entry.raw;
    entry.rights = alias.rights;
    entry.detached = alias.reach.detached;
    entry.linear = alias.linear;
    entry.paths = alias.reach.paths;
    entry.half = alias.reach.half;
    return entry;
}

} // namespace pgtscope::core
