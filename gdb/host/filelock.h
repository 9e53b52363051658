// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>

#include "core/base/error.h"
#include "gdb/host/waitlimit.h"

namespace pgtscope::gdb {

/// An exclusive lock on a file or directory between programs of this machine (flock(2)). It ends with this
/// object, or with the program.
class FileLock {
public:
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;
    ~FileLock();

    /// Waits for the lock on `path`, a file that is created if it is missing.
    static core::Result<FileLock> wait(const std::filesystem::path& path, const WaitLimit& limit);
    /// The lock on `path`, a file or directory that exists; nullopt if another holds it or it is not there.
    static std::optional<FileLock> tryNow(const std::filesystem::path& path);

private:
    explicit FileLock(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    int m_descriptor = -1;
};

} // namespace pgtscope::gdb
