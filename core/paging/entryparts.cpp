// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/paging/entryparts.h"

#include <array>
#include <cstddef>

namespace pgtscope::core {

namespace {

EntryPart partOfPage(const Paging& paging, const Entry& entry, std::uint64_t mask)
{
    if (mask == (entry.level == 1 ? bit::patSmall : bit::patLarge))
        return EntryPart::Pat;
    if (mask == bit::d)
        return EntryPart::Dirty;
    if (mask == bit::ps)
        return EntryPart::PageSize;
    if (mask == bit::g)
        return EntryPart::Global;
    return (mask & paging.form(entry).pkey) != 0 ? EntryPart::Pkey : EntryPart::Ignored;
}

EntryPart partOfPresent(const Paging& paging, const Entry& entry, std::uint64_t mask)
{
    const EntryForm& form = paging.form(entry);
    if ((form.reserved & mask) != 0)
        return EntryPart::Reserved;
    if ((form.addressBits() & mask) != 0)
        return EntryPart::Address;
    switch (mask) {
    case bit::rw:
        return form.hasRights() ? EntryPart::Write : EntryPart::Ignored;
    case bit::us:
        return form.hasRights() ? EntryPart::User : EntryPart::Ignored;
    case bit::pwt:
        return EntryPart::Pwt;
    case bit::pcd:
        return EntryPart::Pcd;
    case bit::a:
        return form.hasRights() ? EntryPart::Accessed : EntryPart::Ignored;
    case bit::xd:
        return EntryPart::NoExecute;
    default:
        break;
    }
    if (entry.isPage())
        return partOfPage(paging, entry, mask);
    return mask == bit::ps && paging.at(entry.level).mayBePage() ? EntryPart::PageSize : EntryPart::Ignored;
}

} // namespace

EntryPart entryPart(const Paging& paging, const Entry& entry, unsigned position)
{
    const std::uint64_t mask = 1ULL << position;
    if (mask == bit::p)
        return EntryPart::Present;
    return entry.present() ? partOfPresent(paging, entry, mask) : EntryPart::Software;
}

namespace {

struct PartNames {
    EntryPart part;
    std::string_view name;
    std::string_view shortName;
};

constexpr std::array<PartNames, 16> partNames{{
    {EntryPart::Present, "P", "P"},
    {EntryPart::Write, "R/W", "RW"},
    {EntryPart::User, "U/S", "US"},
    {EntryPart::Pwt, "PWT", "WT"},
    {EntryPart::Pcd, "PCD", "CD"},
    {EntryPart::Accessed, "A", "A"},
    {EntryPart::Dirty, "D", "D"},
    {EntryPart::PageSize, "PS", "PS"},
    {EntryPart::Pat, "PAT", "PAT"},
    {EntryPart::Global, "G", "G"},
    {EntryPart::Pkey, "PKEY", "PKEY"},
    {EntryPart::NoExecute, "NX", "NX"},
    {EntryPart::Address, "address", "address"},
    {EntryPart::Reserved, "reserved", "reserved"},
    {EntryPart::Ignored, "ignored", "ignored"},
    {EntryPart::Software, "software", "software"},
}};

constexpr bool inOrder()
{
    for (std::size_t i = 0; i < partNames.size(); ++i)
        if (static_cast<std::size_t>(partNames[i].part) != i)
            return false;
    return true;
}
static_assert(inOrder(), "names are looked up by their place");

const PartNames& namesOf(EntryPart part) { return partNames[static_cast<std::size_t>(part)]; }

} // namespace

std::string_view partName(EntryPart part) { return namesOf(part).name; }
std::string_view shortPartName(EntryPart part) { return namesOf(part).shortName; }

} // namespace pgtscope::core
