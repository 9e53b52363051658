// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/paging/entry.h"

namespace pgtscope::core {

/// What can be said about one mapping, run or frame. The same names serve the filter language, JSON and CSV.
enum class Field : std::uint8_t {
    Kind,
    Va,
    End,
    Bytes,
    Entries,
    Pa,
    Pfn,
    Mfn,
    Level,
    Size,
    Raw,
    Entry,
    Table,
    Rw,
    User,
    Nx,
    A,
    D,
    G,
    Pat,
    Pcd,
    Pwt,
    Pkey,
    EffRw,
    EffUser,
    EffNx,
    Region,
    Role,
    Changed,
    Finding,
    Alias,
    SameAs,
    Reserved,
    Gap,
};
inline constexpr unsigned fieldCount = static_cast<unsigned>(Field::Gap) + 1;

enum class FieldType : std::uint8_t {
    Address, ///< A page's stretch of addresses or frames; printed as hexadecimal text.
    Number,
    Hex, ///< A number that is printed as hexadecimal text.
    Flag,
    Text,
};

struct FieldInfo {
    Field field;
    std::string_view name; ///< Stable: files and scripts rely on it.
    FieldType type;
    bool inRuns; ///< JSON and CSV of runs have it.
    bool inFilter; ///< The filter language knows it.
    std::string_view meaning; ///< One line for the user.
};

/// All fields, in the order of their columns; indexed by Field.
std::span<const FieldInfo> fields();
const FieldInfo& info(Field field);
/// A field that is a flag of an entry or of the path to it, whose rights `path` are; nullopt for the others.
inline std::optional<bool> flagOf(Field field, const Entry& entry, Rights path)
{
    switch (field) {
    case Field::Rw:
        return entry.rights.write;
    case Field::User:
        return entry.rights.user;
    case Field::Nx:
        return !entry.rights.execute;
    case Field::A:
        return entry.accessed();
    case Field::D:
        return entry.dirty();
    case Field::G:
        return entry.global();
    case Field::Pat:
        return entry.pat();
    case Field::Pcd:
        return entry.pcd();
    case Field::Pwt:
        return entry.pwt();
    case Field::EffRw:
        return path.write;
    case Field::EffUser:
        return path.user;
    case Field::EffNx:
        return !path.execute;
    case Field::Kind:
    case Field::Va:
    case Field::End:
    case Field::Bytes:
    case Field::Entries:
    case Field::Pa:
    case Field::Pfn:
    case Field::Mfn:
    case Field::Level:
    case Field::Size:
    case Field::Raw:
    case Field::Entry:
    case Field::Table:
    case Field::Pkey:
    case Field::Region:
    case Field::Role:
    case Field::Changed:
    case Field::Finding:
    case Field::Alias:
    case Field::SameAs:
    case Field::Reserved:
    case Field::Gap:
        break;
    }
    return std::nullopt;
}

/// Null if there is no field of that name.
const FieldInfo* findField(std::string_view name);

} // namespace pgtscope::core
