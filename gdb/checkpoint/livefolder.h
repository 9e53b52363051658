// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/packing.h"
#include "gdb/host/descriptor.h"

namespace pgtscope::gdb {

/// The folder of a recording's checkpoints, FILE.live: chunks, each named by the SHA-256 of its bytes, and an
/// index, written last. Whatever is in it, nothing in it leads out of it: names are hashes, no symbolic link
/// is followed, and every chunk is compared with its name. A program that is killed while it writes leaves
/// the index that was there before, and chunks that nothing names.
class LiveFolder {
public:
    /// Where the folder of a recording is.
    static std::filesystem::path pathFor(const std::string& recording);
    /// Makes an empty one; what an earlier recording of that name left is removed.
    static core::Result<LiveFolder> create(const std::string& recording);
    static core::Result<LiveFolder> open(const std::string& recording);

    /// Stores bytes under their hash, which it returns, unless they are there already.
    core::Result<std::string> store(core::ByteView bytes);
    /// At most `most` bytes; fails on what is missing, longer, or not what its name says.
    core::Result<core::Bytes> load(const std::string& name, std::size_t most) const;
    void drop(const std::string& name);

    core::Result<void> storeIndex(std::string_view text);
    core::Result<std::string> loadIndex() const;

private:
    LiveFolder(std::filesystem::path path, Descriptor directory)
        : m_path(std::move(path))
        , m_directory(std::move(directory))
    {
    }
    core::Result<void> write(const std::string& name, core::ByteView bytes);
    core::Result<core::Bytes> read(const std::string& name, std::size_t most) const;

    std::filesystem::path m_path;
    Descriptor m_directory;
};

/// Bytes that a recording's checkpoints take; 0 without any.
std::uint64_t liveBytes(const std::string& recording);
/// Removes a recording's checkpoints, whatever their state; how many bytes that freed. A folder that holds
/// anything else is left with that.
core::Result<std::uint64_t> forgetLive(const std::string& recording);

/// Moves a recording's checkpoints beside a copy of it, in place of those that an earlier file of that name
/// left. To another file system, too; an Error leaves some of them.
core::Result<void> moveLive(const std::string& recording, const std::string& copy);

} // namespace pgtscope::gdb
