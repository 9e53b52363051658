// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string_view>

#include "core/base/error.h"

namespace pgtscope::core {

/// What to do if there is a regular file of that name already.
enum class Existing : std::uint8_t { Refuse, Replace };

/// Permission bits of a file that does not exist yet; the umask takes away from them. A file that is replaced
/// hands its own on.
enum class NewFileMode : std::uint16_t {
    Shared = 0666,
    Private = 0600, ///< Also for a file that is replaced.
};

/// A file that appears under its name when all of it is written: until commit() succeeds, the old file of
/// that name, or its absence, stays as it is, and an end of the process leaves that too. It is written in the
/// same directory under an unpredictable name, which an abandoned file loses; that of a process that was
/// killed goes when another is written there, ten minutes later at the earliest. Symbolic links are followed:
/// what they lead to is replaced. Hard links to the old file keep the old content.
///
/// A pipe, a FIFO and a character device (/dev/null, /dev/stdout) cannot be replaced: what is written goes
/// there at once, whatever `existing` says; a FIFO that no program reads is refused after five seconds. A
/// directory, a socket and a block device are refused.
class WholeFile {
public:
    /// Fails if the file could not be made, so that a failure is known before the work for it.
    static Result<std::unique_ptr<WholeFile>> create(
        const std::filesystem::path& path, Existing existing, NewFileMode mode = NewFileMode::Shared);
    ~WholeFile(); ///< Abandons what is not committed.
    WholeFile(const WholeFile&) = delete;
    WholeFile& operator=(const WholeFile&) = delete;

    /// Its state is bad after the first write that failed; commit() then says why.
    std::ostream& stream();
    /// Flushes, syncs, gives the file its name and syncs the directory. Called once. If the directory alone
    /// could not be synced, the file is in place although this fails.
    Result<void> commit();

private:
    class Impl;
    explicit WholeFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

/// Writes what `fill` writes; nothing, if it fails.
Result<void> writeWhole(const std::filesystem::path& path, Existing existing,
    const std::function<Result<void>(std::ostream&)>& fill, NewFileMode mode = NewFileMode::Shared);
Result<void> writeWhole(const std::filesystem::path& path, Existing existing, std::string_view content,
    NewFileMode mode = NewFileMode::Shared);

struct ReservedFile {
    std::filesystem::path file; ///< Empty, and of the mode that the target should have.
    std::filesystem::path target; ///< Where its name leads to.
    /// While it lives no other process takes the file for one that was left; close the file before.
    std::shared_ptr<const int> held = {};
};

/// Makes a file beside `target` exclusively, for a library that writes to a name.
Result<ReservedFile> reserveBeside(
    const std::filesystem::path& target, Existing existing, NewFileMode mode = NewFileMode::Shared);
/// Syncs `file`, gives it the name that `target` leads to, and syncs the directory. On failure `file` is
/// where it was.
Result<void> moveInPlace(
    const std::filesystem::path& file, const std::filesystem::path& target, Existing existing);

} // namespace pgtscope::core
