// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/host/owneddirectory.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "gdb/host/files.h"

namespace pgtscope::gdb {

namespace fs = std::filesystem;

namespace {

constexpr int maxTries = 10;

/// Of the user that we are, and no link: in a directory that many may write to, names prove nothing.
bool isOurs(const fs::path& directory)
{
    struct stat status { };
    return ::lstat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid()
        && (status.st_mode & 077) == 0;
}

void sweep(const OwnedKind& kind)
{
    for (const fs::path& parent : kind.parents)
        for (const fs::path& directory : entriesOf(parent)) {
            if (!directory.filename().string().starts_with(std::string(kind.stem) + "-")
                || !isOurs(directory))
                continue;
            std::error_code ignored;
            if (const auto lock = FileLock::tryNow(directory))
                fs::remove_all(directory, ignored);
        }
}

} // namespace

OwnedKind savedMemory() { return {"pgtscope-memory", {"/dev/shm", "/tmp"}}; }

OwnedKind privateSockets()
{
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    return {"pgtscope-mux", {runtime != nullptr ? runtime : "/tmp", "/tmp"}};
}

OwnedKind scratchFiles()
{
    std::error_code error;
    const fs::path place = fs::temp_directory_path(error);
    return {"pgtscope-scratch", {error ? fs::path("/tmp") : place}};
}

void OwnedDirectory::sweepAll()
{
    sweep(scratchFiles());
    sweep(savedMemory());
    sweep(privateSockets());
}

core::Result<OwnedDirectory> OwnedDirectory::make(const OwnedKind& kind)
{
    const std::string stem = kind.stem;
    int error = 0;
    sweep(kind);
    for (const fs::path& parent : kind.parents) {
        for (int tries = 0; tries < maxTries; ++tries) {
            std::string path = (parent / (stem + "-XXXXXX")).string();
            if (::mkdtemp(path.data()) == nullptr) {
                error = errno;
                break;
            }
            // Before it was locked, another process may have taken it for one without an owner.
            auto lock = FileLock::tryNow(path);
            if (lock && isOurs(path))
                return OwnedDirectory(path, std::move(*lock));
            error = EAGAIN;
        }
    }
    return core::failure("make a private directory " + stem, std::generic_category().message(error));
}

OwnedDirectory::OwnedDirectory(OwnedDirectory&& other) noexcept
    : m_path(std::exchange(other.m_path, {}))
    , m_lock(std::move(other.m_lock))
{
}

OwnedDirectory& OwnedDirectory::operator=(OwnedDirectory&& other) noexcept
{
    std::swap(m_path, other.m_path);
    std::swap(m_lock, other.m_lock);
    return *this;
}

OwnedDirectory::~OwnedDirectory()
{
    std::error_code ignored;
    if (!m_path.empty())
        fs::remove_all(m_path, ignored);
}

} // namespace pgtscope::gdb
