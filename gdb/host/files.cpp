// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/host/files.h"

#include <array>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "core/base/wholefile.h"

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

core::Result<std::string> readWhole(const fs::path& file, std::size_t maxBytes)
{
    // Not by an iterator over the stream's buffer: that throws where read() fails.
    const std::string tried = "read " + file.string();
    std::ifstream in(file, std::ios::binary);
    std::string text;
    std::array<char, 65536> block{};
    while (in && text.size() <= maxBytes) {
        in.read(block.data(), block.size());
        text.append(block.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (text.size() > maxBytes)
        return core::failure(tried, "it is larger than " + std::to_string(maxBytes) + " bytes");
    if (!in.eof() || in.bad())
        return core::failure(tried, "it cannot be read");
    return text;
}

bool writePrivate(const fs::path& file, std::string_view text)
{
    return core::writeWhole(file, core::Existing::Replace, text, core::NewFileMode::Private).has_value();
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
