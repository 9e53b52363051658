// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace pgtscope::core {

/// What the window shows while a chapter or note is read. A line of its text asks for it:
///
///     :::show view=frames select=pfn/0x437eb zoom=2M
///
/// Each part may be missing. Readers do not see the line, in the window, in a terminal or on a page.
struct Showing {
    std::string view; ///< Id of a view, as in the window's layout: "frames", "argument", "tables" …
    std::string select; ///< KIND/NUMBER as in a link pgtscope:KIND/NUMBER.
    /// "all", "buffer", or about how much of memory is to be seen around what is selected: "2M".
    std::string zoom;

    bool operator==(const Showing&) const = default;
};

/// Whether a line of narration is such a line.
bool isShowingLine(std::string_view line);

/// Of the first such line outside code; nullopt if there is none. An Error names what the line has wrong: a
/// word that is no KEY=VALUE, a key that is not known or comes twice, a second such line. Views, and whether
/// a place exists, are not known here.
Result<std::optional<Showing>> showingOf(std::string_view markdown);

/// Bytes that a `zoom` of a size asks for ("64K", "2M", "1G"); nullopt for anything else.
std::optional<std::uint64_t> zoomBytes(std::string_view zoom);

} // namespace pgtscope::core
