// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace pgtscope::gdb {

/// What a guest's console log has gained since it was read last.
class ConsoleTail {
public:
    /// An empty path reads as an empty log.
    explicit ConsoleTail(std::filesystem::path log = {});
    /// At most 64 KiB at a time, the rest stays for the next call; empty if there is nothing new.
    std::string read();

private:
    std::filesystem::path m_log;
    std::uintmax_t m_offset = 0;
};

} // namespace pgtscope::gdb
