// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/checkpoint/livefolder.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QCryptographicHash>

namespace pgtscope::gdb {

namespace fs = std::filesystem;

namespace {

constexpr const char* indexName = "index";
/// Of a file that is being written.
constexpr std::string_view unfinished = ".new";
constexpr std::size_t largestIndex = std::size_t{16} << 20;

std::string hashOf(core::ByteView bytes)
{
    const QByteArrayView view(
        reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size()));
    return QCryptographicHash::hash(view, QCryptographicHash::Sha256).toHex().toStdString();
}

/// 64 hexadecimal digits: no path, whatever an index says.
bool isChunkName(std::string_view name)
{
    return name.size() == 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
}

/// Whether a LiveFolder makes files of that name.
bool isOurs(std::string_view name)
{
    if (name.ends_with(unfinished))
        name.remove_suffix(unfinished.size());
    return name == indexName || isChunkName(name);
}

std::string systemText() { return std::generic_category().message(errno); }

core::Result<Descriptor> openFolder(const fs::path& path)
{
    Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory.good())
        return core::failure("open the checkpoints " + path.string(),
            errno == ENOTDIR || errno == ELOOP ? "it is no folder" : systemText());
    return directory;
}

struct CloseListing {
    void operator()(DIR* listing) const { ::closedir(listing); }
};

/// Calls `each` with the names in a folder.
void forEachName(const Descriptor& directory, const std::function<void(const char*)>& each)
{
    Descriptor again(::openat(directory.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const std::unique_ptr<DIR, CloseListing> listing(again.good() ? ::fdopendir(again.number()) : nullptr);
    if (!listing)
        return;
    (void)again.release();
    while (const dirent* const entry = ::readdir(listing.get()))
        if (const std::string_view name = entry->d_name; name != "." && name != "..")
            each(entry->d_name);
}

std::uint64_t bytesOf(const Descriptor& directory, const char* name)
{
    struct stat status { };
    return ::fstatat(directory.number(), name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode)
        ? static_cast<std::uint64_t>(status.st_size)
        : 0;
}

struct Emptied {
    std::uint64_t bytes = 0;
    std::string foreign; ///< A file that is none of ours, if there is one.
};

/// Removes what a LiveFolder wrote. A symbolic link is removed as such.
Emptied emptied(const Descriptor& directory)
{
    Emptied result;
    std::vector<std::string> names;
    forEachName(directory, [&](const char* name) {
        if (isOurs(name))
            names.emplace_back(name);
        else
            result.foreign = name;
    });
    for (const std::string& name : names) {
        const std::uint64_t bytes = bytesOf(directory, name.c_str());
        if (::unlinkat(directory.number(), name.c_str(), 0) == 0)
            result.bytes += bytes;
        else
            result.foreign = name;
    }
    return result;
}

core::Result<void> writeAll(int file, core::ByteView bytes)
{
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR)
            return core::failure("write a checkpoint", systemText(), "free some space there");
        bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
    return {};
}

} // namespace

fs::path LiveFolder::pathFor(const std::string& recording) { return recording + ".live"; }

core::Result<LiveFolder> LiveFolder::create(const std::string& recording)
{
    const fs::path path = pathFor(recording);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return core::failure("make the folder " + path.string(), systemText());
    ASSIGN_OR_RETURN(auto directory, openFolder(path));
    if (const Emptied rest = emptied(directory); !rest.foreign.empty())
        return core::failure("make the folder " + path.string(), "it holds the file " + rest.foreign,
            "move that away, or choose another name for the recording");
    return LiveFolder(path, std::move(directory));
}

core::Result<LiveFolder> LiveFolder::open(const std::string& recording)
{
    const fs::path path = pathFor(recording);
    ASSIGN_OR_RETURN(auto directory, openFolder(path));
    return LiveFolder(path, std::move(directory));
}

core::Result<void> LiveFolder::write(const std::string& name, core::ByteView bytes)
{
    const std::string beside = name + std::string(unfinished);
    // What a killed program left there; a link is not followed.
    (void)::unlinkat(m_directory.number(), beside.c_str(), 0);
    Descriptor file(
        ::openat(m_directory.number(), beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.good())
        return core::failure("write a checkpoint", systemText());
    RETURN_IF_ERROR(writeAll(file.number(), bytes));
    if (::renameat(m_directory.number(), beside.c_str(), m_directory.number(), name.c_str()) != 0)
        return core::failure("write a checkpoint", systemText());
    return {};
}

core::Result<core::Bytes> LiveFolder::read(const std::string& name, std::size_t most) const
{
    const std::string tried = "read " + (m_path / name).string();
    // A pipe would block, were it opened for waiting.
    const Descriptor file(
        ::openat(m_directory.number(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.good())
        return core::failure(tried, errno == ELOOP ? "it is a symbolic link" : systemText());
    struct stat status { };
    if (::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)
        || static_cast<std::uint64_t>(status.st_size) > most)
        return core::failure(tried, "it is no file, or larger than a checkpoint's can be");
    core::Bytes bytes(static_cast<std::size_t>(status.st_size));
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t count = ::read(file.number(), bytes.data() + done, bytes.size() - done);
        if (count == 0 || (count < 0 && errno != EINTR))
            return core::failure(tried, count == 0 ? "it became shorter" : systemText());
        done += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    }
    return bytes;
}

core::Result<std::string> LiveFolder::store(core::ByteView bytes)
{
    std::string name = hashOf(bytes);
    struct stat status { };
    const bool there = ::fstatat(m_directory.number(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) == bytes.size();
    if (!there)
        RETURN_IF_ERROR(write(name, bytes));
    return name;
}

core::Result<core::Bytes> LiveFolder::load(const std::string& name, std::size_t most) const
{
    if (!isChunkName(name))
        return core::failure("read a checkpoint", "its index names a chunk that has no hash for a name");
    ASSIGN_OR_RETURN(auto bytes, read(name, most));
    if (hashOf(bytes) != name)
        return core::failure("read " + (m_path / name).string(), "it does not hold what its name says");
    return bytes;
}

void LiveFolder::drop(const std::string& name)
{
    if (isChunkName(name))
        (void)::unlinkat(m_directory.number(), name.c_str(), 0);
}

core::Result<void> LiveFolder::storeIndex(std::string_view text)
{
    // Nothing is synced: after a loss of power load() finds what is missing, and the guest boots from its
    // reset. To sync took longer than all the rest where something else was writing.
    return write(indexName, std::as_bytes(std::span(text.data(), text.size())));
}

core::Result<std::string> LiveFolder::loadIndex() const
{
    return read(indexName, largestIndex).map([](const core::Bytes& bytes) {
        return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    });
}

std::uint64_t liveBytes(const std::string& recording)
{
    const auto directory = openFolder(LiveFolder::pathFor(recording));
    std::uint64_t bytes = 0;
    if (directory)
        forEachName(*directory, [&](const char* name) { bytes += bytesOf(*directory, name); });
    return bytes;
}

core::Result<std::uint64_t> forgetLive(const std::string& recording)
{
    const fs::path path = LiveFolder::pathFor(recording);
    const std::string tried = "remove the checkpoints " + path.string();
    struct stat status { };
    if (::lstat(path.c_str(), &status) != 0)
        return core::failure(tried, errno == ENOENT ? "there are none" : systemText());
    ASSIGN_OR_RETURN(const auto directory, openFolder(path));
    const Emptied done = emptied(directory);
    if (!done.foreign.empty())
        return core::failure(tried, "what is not of pgtscope stays there: " + done.foreign);
    if (::rmdir(path.c_str()) != 0)
        return core::failure(tried, systemText());
    return done.bytes;
}

core::Result<void> moveLive(const std::string& recording, const std::string& copy)
{
    const fs::path from = LiveFolder::pathFor(recording);
    const fs::path to = LiveFolder::pathFor(copy);
    ASSIGN_OR_RETURN(const auto source, openFolder(from));
    if (struct stat status{}; ::lstat(to.c_str(), &status) == 0)
        RETURN_IF_ERROR(forgetLive(copy));
    std::error_code error;
    fs::rename(from, to, error);
    if (!error)
        return {};
    fs::copy(from, to, error);
    return error ? core::failure("move the checkpoints " + from.string(), error.message())
                 : forgetLive(recording).map([](std::uint64_t) {});
}

} // namespace pgtscope::gdb
