// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/consoletail.h"

#include <fstream>

namespace pgtscope::gdb {

ConsoleTail::ConsoleTail(std::filesystem::path log)
    : m_log(std::move(log))
{
}

std::string ConsoleTail::read()
{
    constexpr std::streamsize most = 64 << 10;
    if (m_log.empty())
        return {};
    std::ifstream file(m_log, std::ios::binary);
    if (!file.seekg(static_cast<std::streamoff>(m_offset)))
        return {};
    std::string text(static_cast<std::size_t>(most), '\0');
    file.read(text.data(), most);
    text.resize(static_cast<std::size_t>(file.gcount()));
    m_offset += text.size();
    return text;
}

} // namespace pgtscope::gdb
