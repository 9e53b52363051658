// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/entry/entryfields.h"

#include <algorithm>

#include "core/base/numbers.h"
#include "views/model/text.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

/// Names and explains the bits of one entry, one by one.
class Describer {
public:
    Describer(const core::Paging& paging, const core::Entry& entry)
        : m_paging(paging)
        , m_entry(entry)
        , m_rules(paging.at(entry.level))
        , m_form(paging.form(entry))
    {
    }

    EntryField bit(unsigned position) const
    {
        EntryField field{position, position, {}, {}, {}, false};
        const std::uint64_t mask = 1ULL << position;
        const bool set = (m_entry.raw & mask) != 0;
        if (position == 0)
            return filled(field, "P", set ? "present" : "not present: the other bits belong to software");
        if (!m_entry.present())
            return filled(field, "software", "ignored while P is 0");
        if ((m_form.reserved & mask) != 0) {
            field.wrong = set;
            return filled(field, "reserved", set ? "must be 0: every use is a page fault" : "must be 0");
        }
        if ((m_form.addressBits() & mask) != 0)
            return filled(field, "address", m_entry.isPage() ? "of the page" : "of the next table");
        return flag(field, position, set);
    }

private:
    static EntryField filled(EntryField field, const char* name, const char* meaning)
    {
        field.name = QLatin1String(name);
        field.meaning = Text::tr(meaning);
        return field;
    }

    EntryField flag(const EntryField& field, unsigned position, bool set) const
    {
        if (position <= 2 && m_form.hasRights())
            return position == 1 ? filled(field, "R/W", set ? "writable" : "read-only")
                                 : filled(field, "U/S", set ? "user may access" : "supervisor only");
        switch (position) {
        case 3:
            return filled(field, "PWT", "memory type, bit 0 of the PAT index");
        case 4:
            return filled(field, "PCD", "memory type, bit 1 of the PAT index");
        case 5:
            return m_form.hasRights() ? filled(
                       field, "A", set ? "has been used for a translation" : "not used since it was cleared")
                                      : ignored(field);
        case 63:
            return filled(field, "NX", set ? "no instruction fetch" : "instruction fetch allowed");
        default:
            return m_entry.isPage() ? pageFlag(field, position, set) : tableFlag(field, position);
        }
    }

    EntryField pageFlag(const EntryField& field, unsigned position, bool set) const
    {
        const unsigned pat = m_entry.level == 1 ? 7 : 12;
        if (position == pat)
            return filled(field, "PAT", "memory type, bit 2 of the PAT index");
        if (position == 6)
            return filled(field, "D", set ? "has been written through" : "not written since it was cleared");
        if (position == 7)
            return filled(field, "PS", "maps a large page");
        if (position == 8)
            return filled(field, "G",
                (m_paging.control().cr4 & core::cr4Pge) == 0 ? "global, without effect: CR4.PGE is 0"
                    : set                                    ? "global: stays in the TLB when CR3 is loaded"
                                                             : "not global");
        const bool keys = (m_paging.control().cr4 & core::cr4Pke) != 0 && m_paging.levels() >= 4;
        if (keys && position >= 59 && position <= 62)
            return filled(field, "PKEY", "protection key");
        return ignored(field);
    }

    EntryField tableFlag(const EntryField& field, unsigned position) const
    {
        return position == 7 && m_rules.mayBePage() ? filled(field, "PS", "references a table")
                                                    : ignored(field);
    }

    static EntryField ignored(const EntryField& field)
    {
        return filled(field, "ignored", "free for software");
    }

    const core::Paging& m_paging;
    const core::Entry& m_entry;
    const core::LevelRules& m_rules;
    const core::EntryForm& m_form;
};

QString valueText(const core::Entry& entry, const EntryField& field)
{
    const unsigned width = field.high - field.low + 1;
    const std::uint64_t mask = width >= 64 ? ~0ULL : (1ULL << width) - 1;
    const std::uint64_t value = entry.raw >> field.low & mask;
    if (width == 1)
        return QString::number(value);
    return field.name == QLatin1String("address") ? hexOf(value << field.low) : hexOf(value);
}

} // namespace

std::vector<EntryField> entryFields(
    const core::Paging& paging, const core::Entry& entry, const core::XenState* xen)
{
    if (!paging.enabled() || entry.level == 0 || entry.level > paging.levels())
        return {};
    const Describer describer(paging, entry);
    std::vector<EntryField> fields;
    for (unsigned position = paging.entryBytes() * 8; position-- > 0;) {
        EntryField field = describer.bit(position);
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
        if (field.name == QLatin1String("address"))
            field.meaning += QString::fromStdString(core::guestFrameText(xen, core::frameOf(entry.target)));
    }
    return fields;
}

} // namespace pgtscope::views
