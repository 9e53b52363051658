// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/filebytes.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <sys/stat.h>

namespace pgtscope::core {

namespace {

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

struct OpenFile {
    File file;
    std::size_t bytes = 0;
};

Result<OpenFile> openRegular(const std::string& path)
{
    // The type comes first: opening a FIFO would block.
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) {
        return failure("read " + path, std::strerror(errno), "check the file's name");
    }
    if (!S_ISREG(status.st_mode)) {
        return failure("read " + path, "it is not a regular file");
    }
    File file(std::fopen(path.c_str(), "rbe"));
    if (!file) {
        return failure("read " + path, std::strerror(errno));
    }
    return OpenFile{std::move(file), static_cast<std::size_t>(status.st_size)};
}

Result<std::vector<std::byte>> readBytes(const std::string& path, std::FILE* file, std::size_t bytes)
{
    std::vector<std::byte> content(bytes);
    content.resize(std::fread(content.data(), 1, bytes, file));
    if (std::ferror(file) != 0) {
        return failure("read " + path, std::strerror(errno));
    }
    return content;
}

} // namespace

Result<std::vector<std::byte>> readFile(const std::string& path, std::size_t limit)
{
    ASSIGN_OR_RETURN(auto open, openRegular(path));
    if (open.bytes > limit) {
        return failure("read " + path,
            "it has " + std::to_string(open.bytes) + " bytes, more than the " + std::to_string(limit)
                + " that are accepted");
    }
    return readBytes(path, open.file.get(), open.bytes);
}

Result<std::vector<std::byte>> readFileStart(const std::string& path, std::size_t bytes)
{
    ASSIGN_OR_RETURN(auto open, openRegular(path));
    return readBytes(path, open.file.get(), std::min(bytes, open.bytes));
}

} // namespace pgtscope::core
