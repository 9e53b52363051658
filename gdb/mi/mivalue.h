// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgtscope::gdb {

struct MiResult;

/// A value of gdb's machine interface: a string of bytes, a tuple or a list.
struct MiValue {
    enum class Kind { String, Tuple, List };

    Kind kind = Kind::String;
    std::string text; ///< Decoded bytes of a string; empty for the others.
    std::vector<MiResult> items; ///< Members of a tuple or list; the name is empty where MI gives none.

    /// First member of that name, or nullptr.
    const MiValue* find(std::string_view name) const;
    /// Bytes of the string member of that name; empty if there is none.
    std::string_view textOf(std::string_view name) const;
    /// The string read as an unsigned number, decimal or 0x hexadecimal, up to the first other character.
    std::optional<std::uint64_t> number() const;
    std::optional<std::uint64_t> numberOf(std::string_view name) const;
};

struct MiResult {
    std::string name;
    MiValue value;
};

/// One line of MI output.
struct MiRecord {
    enum class Kind {
        Result, ///< ^done, ^running, ^connected, ^error, ^exit
        Exec, ///< *stopped, *running
        Status, ///< +download
        Notify, ///< =thread-created, =breakpoint-modified, …
        Console, ///< ~ what a terminal user would see
        Target, ///< @ what the target printed (replies of QEMU's monitor)
        Log, ///< & echo of commands and warnings
        Prompt, ///< (gdb)
    };

    Kind kind = Kind::Prompt;
    std::optional<std::uint64_t> token;
    std::string name; ///< Class of a result or async record: "done", "stopped", …
    MiValue results; ///< A tuple with what follows the class.
    std::string text; ///< Decoded bytes of a stream record.
};

inline const MiValue* MiValue::find(std::string_view name) const
{
    for (const MiResult& item : items)
        if (item.name == name)
            return &item.value;
    return nullptr;
}

inline std::string_view MiValue::textOf(std::string_view name) const
{
    const MiValue* value = find(name);
    return value != nullptr && value->kind == Kind::String ? std::string_view(value->text)
                                                           : std::string_view();
}

} // namespace pgtscope::gdb
