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

/// What a filter can be asked about. Entries and findings have the fields of a run.
enum class SubjectKind : std::uint8_t {
    Run = 1, ///< A mapping, or a run of them.
    Frame = 2,
    Step = 4, ///< Of a timeline, with each entry that changed at it.
    Mapping = 8, ///< One that differs between two steps.
    Table = 16, ///< One that came or went between two steps.
};

struct FieldInfo {
    Field field;
    std::string_view name; ///< Stable: files and scripts rely on it.
    FieldType type;
    bool inRuns; ///< JSON and CSV of runs have it.
    unsigned subjects; ///< Of SubjectKind: those that have it. What none has is no word of the language.
    std::string_view meaning; ///< One line for the user.

    constexpr bool inFilter() const { return subjects != 0; }
    constexpr bool isOf(SubjectKind kind) const { return (subjects & static_cast<unsigned>(kind)) != 0; }
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
    default:
        return std::nullopt;
    }
}

/// Null if there is no field of that name.
const FieldInfo* findField(std::string_view name);

} // namespace pgtscope::core
