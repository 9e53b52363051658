// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/host/files.h"

#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace pgtscope::gdb {

namespace fs = std::filesystem;

std::string readStart(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::string text(65536, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

bool writePrivate(const fs::path& file, std::string_view text)
{
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    std::error_code error;
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, error);
    out << text;
    out.close();
    return out && !error;
}

void flushToDisk(const fs::path& file)
{
    int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    ::fsync(descriptor);
    ::close(descriptor);
}

std::vector<fs::path> entriesOf(const fs::path& directory)
{
    std::vector<fs::path> entries;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
        entries.push_back(entry->path());
    return entries;
}

} // namespace pgtscope::gdb
