// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter/fields.h"

#include <algorithm>
#include <array>

namespace pgtscope::core {

namespace {

constexpr auto address = FieldType::Address;
constexpr auto number = FieldType::Number;
constexpr auto hex = FieldType::Hex;
constexpr auto flag = FieldType::Flag;
constexpr auto text = FieldType::Text;

constexpr unsigned none = 0;
constexpr auto run = static_cast<unsigned>(SubjectKind::Run);
constexpr auto frame = static_cast<unsigned>(SubjectKind::Frame);
constexpr auto step = static_cast<unsigned>(SubjectKind::Step);
constexpr auto mapping = static_cast<unsigned>(SubjectKind::Mapping);
constexpr auto changedTable = static_cast<unsigned>(SubjectKind::Table);

constexpr std::array<FieldInfo, fieldCount> table{{
    {Field::Kind, "kind", text, true, run | step | mapping | changedTable,
        "page, shared (reaches tables already printed), reserved (every access faults) or gap (unreadable "
        "table)"},
    {Field::Va, "va", address, true, run | mapping, "first linear address"},
    {Field::End, "end", hex, true, none, "first linear address after the run; 0x0 at the top of the space"},
    {Field::Bytes, "bytes", number, true, none, "length of the run in bytes"},
    {Field::Entries, "entries", number, true, none, "number of paging-structure entries joined in the run"},
    {Field::Pa, "pa", address, true, run | frame | step | mapping | changedTable,
        "physical address of the first page, or of the table that the first entry references"},
    {Field::Pfn, "pfn", address, true, run | frame | step | mapping | changedTable,
        "page frame number; under Xen the guest's own, where it is known"},
    {Field::Mfn, "mfn", address, true, run | frame | step | mapping | changedTable,
        "machine frame number of a Xen guest's page"},
    {Field::Level, "level", number, true, run | step | changedTable,
        "level of the entry: 1 (PTE) to 5 (PML5E)"},
    {Field::Size, "size", number, true, run | step, "bytes that one entry spans: 4K, 2M, 4M, 1G and more"},
    {Field::Raw, "raw", hex, true, run | step, "value of the first entry"},
    {Field::Entry, "entry", hex, true, run | step, "physical address of the first entry itself"},
    {Field::Table, "table", hex, true, run | step | changedTable,
        "physical address of the table page that holds the entry"},
    {Field::Rw, "rw", flag, true, run | step, "R/W bit of the entry itself"},
    {Field::User, "user", flag, true, run | step, "U/S bit of the entry itself"},
    {Field::Nx, "nx", flag, true, run | step,
        "NX bit of the entry itself (XD in the SDM), if EFER.NXE is set"},
    {Field::A, "a", flag, true, run | step, "accessed (of the first entry)"},
    {Field::D, "d", flag, true, run | step, "dirty (of the first entry)"},
    {Field::G, "g", flag, true, run | step, "global"},
    {Field::Pat, "pat", flag, true, run, "PAT bit: bit 7 of a PTE, bit 12 of a large page's entry"},
    {Field::Pcd, "pcd", flag, true, run, "page-level cache disable"},
    {Field::Pwt, "pwt", flag, true, run, "page-level write-through"},
    {Field::Pkey, "pkey", number, true, run | mapping, "protection key, 0 to 15; 0 without CR4.PKE"},
    {Field::EffRw, "eff.rw", flag, true, run | mapping, "R/W is set in every entry of the path"},
    {Field::EffUser, "eff.user", flag, true, run | mapping, "U/S is set in every entry of the path"},
    {Field::EffNx, "eff.nx", flag, true, run | mapping, "NX is set in some entry of the path"},
    {Field::Region, "region", text, true, run | frame | step | mapping | changedTable,
        "name of the linear region; in filters also of a physical region, such as pgt_buf"},
    {Field::Role, "role", text, false, run | frame, "what the frame is used for"},
    {Field::Changed, "changed", flag, false, run | frame | step | mapping | changedTable,
        "the entry differs from the previous step"},
    {Field::Finding, "finding", text, false, run | frame | step, "names of the rules that the entry breaks"},
    {Field::Alias, "alias", number, false, run, "number of linear addresses that map the frame"},
    {Field::SameAs, "same_as", hex, true, none, "shared: where the same tables were printed first"},
    {Field::Reserved, "reserved", hex, true, run | step, "bits of the entry that are set although reserved"},
    {Field::Gap, "gap", text, true, none, "gap: why the table could not be read"},
}};

constexpr bool inOrder()
{
    for (unsigned i = 0; i < fieldCount; ++i)
        if (static_cast<unsigned>(table[i].field) != i)
            return false;
    return true;
}
static_assert(inOrder(), "info() indexes by Field");

} // namespace

std::span<const FieldInfo> fields() { return table; }

const FieldInfo& info(Field field) { return table[static_cast<std::size_t>(field)]; }

const FieldInfo* findField(std::string_view name)
{
    const auto found
        = std::find_if(table.begin(), table.end(), [&](const auto& f) { return f.name == name; });
    return found == table.end() ? nullptr : &*found;
}

} // namespace pgtscope::core
