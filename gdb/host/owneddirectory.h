// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "gdb/host/filelock.h"

namespace pgtscope::gdb {

/// What directories there are, and where.
struct OwnedKind {
    const char* stem;
    std::vector<std::filesystem::path> parents; ///< The first where a directory can be made.
};
/// Memory that QEMU writes there for us. Memory first: what is written there does not wear a disk and does
/// not outlive the machine.
OwnedKind savedMemory();
/// Sockets that only we listen on.
OwnedKind privateSockets();

/// Recordings that end with the program.
OwnedKind scratchFiles();

/// A directory of this process that only its user can enter, and that is removed with all it holds at the
/// end. Should the process be killed, the next one that makes a directory of the same kind, or looks for
/// guests, removes it: the kernel has released the lock on it by then, and a directory without a lock has no
/// owner.
class OwnedDirectory {
public:
    /// PARENT/STEM-XXXXXX, in the first of the parents where that works.
    static core::Result<OwnedDirectory> make(const OwnedKind& kind);
    /// Removes those of all kinds whose processes were killed.
    static void sweepAll();
    ~OwnedDirectory();
    OwnedDirectory(OwnedDirectory&& other) noexcept;
    OwnedDirectory& operator=(OwnedDirectory&& other) noexcept;

    const std::filesystem::path& path() const { return m_path; }

private:
    OwnedDirectory(std::filesystem::path path, FileLock lock)
        : m_path(std::move(path))
        , m_lock(std::move(lock))
    {
    }

    std::filesystem::path m_path; ///< Empty: moved from.
    FileLock m_lock;
};

} // namespace pgtscope::gdb
