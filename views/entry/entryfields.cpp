// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/entry/entryfields.h"

#include <algorithm>

#include "core/base/numbers.h"
#include "views/model/text.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

/// What a single bit says, set or clear.
struct FlagMeaning {
    core::EntryPart part;
    const char* set;
    const char* clear;
};

constexpr FlagMeaning flagMeanings[] = {
    {core::EntryPart::Present, "present", "not present: the other bits belong to software"},
    {core::EntryPart::Write, "writable", "read-only"},
    {core::EntryPart::User, "user may access", "supervisor only"},
    {core::EntryPart::Accessed, "has been used for a translation", "not used since it was cleared"},
    {core::EntryPart::Dirty, "has been written through", "not written since it was cleared"},
    {core::EntryPart::NoExecute, "no instruction fetch", "instruction fetch allowed"},
    {core::EntryPart::Reserved, "must be 0: every use is a page fault", "must be 0"},
};

const char* meaningOf(const core::Paging& paging, const core::Entry& entry, core::EntryPart part, bool set)
{
    using enum core::EntryPart;
    switch (part) {
    case Present:
    case Write:
    case User:
    case Accessed:
    case Dirty:
    case NoExecute:
    case Reserved: {
        const auto* flag = std::ranges::find(flagMeanings, part, &FlagMeaning::part);
        return set ? flag->set : flag->clear;
    }
    case Pwt:
        return "memory type, bit 0 of the PAT index";
    case Pcd:
        return "memory type, bit 1 of the PAT index";
    case Pat:
        return "memory type, bit 2 of the PAT index";
    case PageSize:
        return entry.isPage() ? "maps a large page" : "references a table";
    case Global:
        return (paging.control().cr4 & core::cr4Pge) == 0 ? "global, without effect: CR4.PGE is 0"
            : set                                         ? "global: stays in the TLB when CR3 is loaded"
                                                          : "not global";
    case Pkey:
        return "protection key";
    case Address:
        return entry.isPage() ? "of the page" : "of the next table";
    case Software:
        return "ignored while P is 0";
    case Ignored:
        return "free for software";
    }
    return "";
}

EntryField fieldAt(const core::Paging& paging, const core::Entry& entry, unsigned position)
{
    const core::EntryPart part = core::entryPart(paging, entry, position);
    const bool set = (entry.raw >> position & 1) != 0;
    EntryField field;
    field.high = position;
    field.low = position;
    field.part = part;
    field.name = toText(core::partName(part));
    field.meaning = Text::tr(meaningOf(paging, entry, part, set));
    field.wrong = set && part == core::EntryPart::Reserved;
    return field;
}

QString valueText(const core::Entry& entry, const EntryField& field)
{
    const unsigned width = field.high - field.low + 1;
    const std::uint64_t mask = width >= 64 ? ~0ULL : (1ULL << width) - 1;
    const std::uint64_t value = entry.raw >> field.low & mask;
    if (width == 1)
        return QString::number(value);
    return field.part == core::EntryPart::Address ? hexOf(value << field.low) : hexOf(value);
}

} // namespace

std::vector<EntryField> entryFields(
    const core::Paging& paging, const core::Entry& entry, const core::XenState* xen)
{
    if (!paging.enabled() || entry.level == 0 || entry.level > paging.levels())
        return {};
    std::vector<EntryField> fields;
    for (unsigned position = paging.entryBytes() * 8; position-- > 0;) {
        EntryField field = fieldAt(paging, entry, position);
        EntryField* last = fields.empty() ? nullptr : &fields.back();
        const bool joins = last && last->name == field.name && last->meaning == field.meaning
            && last->wrong == field.wrong;
        if (joins)
            last->low = position;
        else
            fields.push_back(std::move(field));
    }
    for (EntryField& field : fields) {
        field.value = valueText(entry, field);
        if (field.part == core::EntryPart::Address)
            field.meaning += QString::fromStdString(core::guestFrameText(xen, core::frameOf(entry.target)));
    }
    return fields;
}

} // namespace pgtscope::views
