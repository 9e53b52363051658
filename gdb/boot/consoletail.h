// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace pgtscope::gdb {

/// What a guest's console log has gained since the last take().
class ConsoleTail {
public:
    /// An empty path reads as an empty log.
    explicit ConsoleTail(std::filesystem::path log = {});
    /// Looks for `text` in what has not been taken and in all that is still to come; empty: for nothing.
    void watchFor(std::string text);
    /// Reads what is new; true once the text that is watched for has been printed.
    bool seen();
    /// What the log has gained. A guest that prints more than 1 MiB between two calls loses the oldest part.
    std::string take();

private:
    void read();
    void look(std::string_view piece);

    std::filesystem::path m_log;
    std::uintmax_t m_offset = 0;
    std::string m_text; ///< Read and not taken.
    std::string m_wanted;
    std::string m_lookedAt; ///< Last bytes looked at, which the text may begin in.
    bool m_seen = false;
};

} // namespace pgtscope::gdb
