// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

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
/// Null if there is no field of that name.
const FieldInfo* findField(std::string_view name);

} // namespace pgtscope::core
