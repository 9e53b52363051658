// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/host/filelock.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace pgtscope::gdb {

FileLock::FileLock(FileLock&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
{
}

FileLock& FileLock::operator=(FileLock&& other) noexcept
{
    // The descriptor that was ours is closed by `other`.
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

FileLock::~FileLock()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

core::Result<FileLock> FileLock::wait(const std::filesystem::path& path, const WaitLimit& limit)
{
    std::string tried = "lock " + path.string();
    FileLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock.m_descriptor < 0)
        return core::failure(tried, std::generic_category().message(errno), "check the permissions there");
    while (::flock(lock.m_descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return core::failure(tried, std::generic_category().message(errno));
        if (limit.cancelled())
            return core::failure(tried, "cancelled");
        if (limit.passed())
            return core::failure(tried, "another program has locked it", "wait until that program has ended");
        std::this_thread::sleep_for(limit.slice());
    }
    return lock;
}

std::optional<FileLock> FileLock::tryNow(const std::filesystem::path& path)
{
    FileLock lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (lock.m_descriptor < 0 || ::flock(lock.m_descriptor, LOCK_EX | LOCK_NB) != 0)
        return std::nullopt;
    return lock;
}

} // namespace pgtscope::gdb
