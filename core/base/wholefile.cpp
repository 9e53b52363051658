// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/base/wholefile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <memory>
#include <streambuf>
#include <string>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/numbers.h"

namespace pgtscope::core {

namespace fs = std::filesystem;

namespace {

constexpr int maxLinks = 40; // as the kernel, path_resolution(7)
constexpr int maxNames = 100;
constexpr std::string_view temporaryStart = ".pgtscope-"; // 16 digits follow
constexpr time_t forsakenSeconds = 600; // without a write

std::string triedTo(const fs::path& path) { return "write " + path.string(); }

tl::unexpected<Error> systemFailure(const fs::path& path, int number, std::string advice = {})
{
    if (advice.empty() && (number == ENOSPC || number == EDQUOT))
        advice = "free some space there";
    if (advice.empty() && (number == EACCES || number == EPERM || number == EROFS))
        advice = "choose a directory that you may write to";
    if (advice.empty() && (number == ENOENT || number == ENOTDIR))
        advice = "check its directory";
    return failure(triedTo(path), std::generic_category().message(number), std::move(advice));
}

/// A descriptor that is closed when nothing needs it any more.
class Descriptor {
public:
    explicit Descriptor(int number)
        : m_number(number)
    {
    }
    ~Descriptor() { close(); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const { return m_number; }
    bool good() const { return m_number >= 0; }
    /// 0, or the errno of the failure.
    int close()
    {
        const int closed = m_number < 0 ? 0 : ::close(m_number);
        m_number = -1;
        // Linux closes it even so, close(2).
        return closed == 0 || errno == EINTR ? 0 : errno;
    }

private:
    int m_number;
};

/// Collects what a stream writes and remembers the first failure.
class DescriptorBuffer : public std::streambuf {
public:
    explicit DescriptorBuffer(int descriptor)
        : m_descriptor(descriptor)
    {
        setp(m_block.data(), m_block.data() + m_block.size());
    }
    int error() const { return m_error; }

protected:
    int_type overflow(int_type c) override
    {
        if (sync() != 0)
            return traits_type::eof();
        if (!traits_type::eq_int_type(c, traits_type::eof()))
            sputc(traits_type::to_char_type(c));
        return traits_type::not_eof(c);
    }

    int sync() override
    {
        for (const char* at = pbase(); m_error == 0 && at != pptr();) {
            const ssize_t written = ::write(m_descriptor, at, static_cast<std::size_t>(pptr() - at));
            if (written >= 0)
                at += written;
            else if (errno != EINTR)
                m_error = errno;
        }
        setp(m_block.data(), m_block.data() + m_block.size());
        return m_error == 0 ? 0 : -1;
    }

private:
    int m_descriptor;
    int m_error = 0;
    std::array<char, 1 << 16> m_block{};
};

/// What a name leads to.
struct Place {
    fs::path path; ///< With all symbolic links resolved.
    bool exists = false;
    bool regular = false;
    /// Of this process, that /dev/stdout and its like name: opening it anew would begin at its start.
    int descriptor = -1;
    struct stat status { };
};

/// N of /proc/self/fd/N, where /dev/stdout and /dev/fd/N lead; -1 for all others.
int ownDescriptor(const fs::path& path)
{
    const std::string text = path.lexically_normal().string();
    const std::string own = "/proc/" + std::to_string(::getpid()) + "/fd/";
    for (const std::string& start : {std::string("/proc/self/fd/"), std::string("/dev/fd/"), own}) {
        int number = -1;
        const char* const end = text.data() + text.size();
        if (text.starts_with(start) && std::from_chars(text.data() + start.size(), end, number).ptr == end)
            return number;
    }
    return -1;
}

/// Follows the links by hand, because what a link that leads nowhere names can be made too.
Result<Place> placeOf(const fs::path& path)
{
    Place place;
    place.path = path;
    for (int links = 0; links <= maxLinks; ++links) {
        place.descriptor = ownDescriptor(place.path);
        if (place.descriptor >= 0) {
            place.exists = true;
            return ::fstat(place.descriptor, &place.status) == 0 ? Result<Place>(place)
                                                                 : systemFailure(path, errno);
        }
        if (::lstat(place.path.c_str(), &place.status) != 0)
            return errno == ENOENT && place.path.has_filename() ? Result<Place>(place)
                                                                : systemFailure(path, errno);
        place.exists = true;
        if (!S_ISLNK(place.status.st_mode)) {
            place.regular = S_ISREG(place.status.st_mode);
            return place;
        }
        place.exists = false;
        std::error_code error;
        const fs::path next = fs::read_symlink(place.path, error);
        if (error)
            return systemFailure(path, error.value());
        place.path = place.path.parent_path() / next;
    }
    return systemFailure(path, ELOOP);
}

/// A regular file, or none, that may be written so; or what takes bytes as a file does.
Result<Place> writablePlace(const fs::path& path, Existing existing)
{
    if (path.empty())
        return failure("write a file", "its name is empty", "name one");
    auto place = placeOf(path);
    if (!place || !place->exists)
        return place;
    const mode_t mode = place->status.st_mode;
    if (S_ISDIR(mode))
        return failure(triedTo(path), "it is a directory", "name a file in it");
    if (place->descriptor < 0 && (S_ISBLK(mode) || S_ISSOCK(mode)))
        return failure(triedTo(path), S_ISBLK(mode) ? "it is a disk" : "it is a socket", "name a file");
    if (!place->regular)
        return place;
    if (existing == Existing::Refuse)
        return failure(triedTo(path), "it exists already", "choose another name or remove it");
    // Renaming over a file needs only the directory to be writable: the file's own permissions are respected
    // too.
    if (::faccessat(AT_FDCWD, place->path.c_str(), W_OK, AT_EACCESS) != 0)
        return systemFailure(path, errno);
    return place;
}

fs::path directoryOf(const fs::path& path)
{
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// Of a name that makeBeside() gave.
bool isTemporary(std::string_view name)
{
    constexpr std::size_t digits = 16;
    return name.size() == temporaryStart.size() + digits && name.starts_with(temporaryStart)
        && std::all_of(name.begin() + temporaryStart.size(), name.end(),
            [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

struct CloseListing {
    void operator()(DIR* listing) const { ::closedir(listing); }
};

/// Removes what programs of this user that were killed left in a directory. One that lives holds the lock,
/// but for a moment before and after it writes.
void removeForsaken(const fs::path& directory)
{
    // std::filesystem's iterator ends the program where memory is short.
    const std::unique_ptr<DIR, CloseListing> listing(::opendir(directory.c_str()));
    while (const dirent* const entry = listing ? ::readdir(listing.get()) : nullptr) {
        if (!isTemporary(entry->d_name))
            continue;
        const int folder = ::dirfd(listing.get());
        const Descriptor old(::openat(folder, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        struct stat status { };
        const bool forsaken = old.good() && ::fstat(old.number(), &status) == 0 && S_ISREG(status.st_mode)
            && status.st_uid == ::geteuid() && ::time(nullptr) - status.st_mtime > forsakenSeconds
            && ::flock(old.number(), LOCK_EX | LOCK_NB) == 0;
        if (forsaken)
            (void)::unlinkat(folder, entry->d_name, 0);
    }
}

/// Makes a file beside that place, with the owner and mode of the file that is there.
Result<std::pair<int, fs::path>> makeBeside(const Place& place, const fs::path& named, NewFileMode mode)
{
    removeForsaken(directoryOf(place.path));
    const bool keepsMode = place.regular && mode != NewFileMode::Private;
    for (int tries = 0; tries < maxNames; ++tries) {
        std::uint64_t random = 0;
        if (::getentropy(&random, sizeof random) != 0)
            return systemFailure(named, errno);
        fs::path path
            = directoryOf(place.path) / (std::string(temporaryStart) + hexText(random, 16).substr(2));
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
            keepsMode ? 0600 : static_cast<mode_t>(mode));
        if (file < 0 && errno == EEXIST)
            continue;
        if (file < 0)
            return systemFailure(named, errno);
        (void)::flock(file, LOCK_EX | LOCK_NB);
        if (keepsMode) {
            // If the owner cannot be changed, set the group alone. fchown() first: it clears mode bits.
            if (::fchown(file, place.status.st_uid, place.status.st_gid) != 0)
                (void)!::fchown(file, ~uid_t{0}, place.status.st_gid);
            (void)::fchmod(file, place.status.st_mode & 0777);
        }
        return std::pair(file, std::move(path));
    }
    return failure(triedTo(named), "every temporary name for it is taken");
}

int renameTo(const fs::path& from, const fs::path& to, Existing existing)
{
    if (existing == Existing::Replace)
        return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    // File systems without RENAME_NOREPLACE mostly support hard links.
    if (::link(from.c_str(), to.c_str()) != 0)
        return errno;
    (void)::unlink(from.c_str());
    return 0;
}

/// 0 also where the file system does not support fsync().
int syncError(int descriptor)
{
    return ::fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS ? 0 : errno;
}

/// Gives a synced file its name.
Result<void> publish(const fs::path& file, const Place& place, const fs::path& named, Existing existing)
{
    if (const int error = renameTo(file, place.path, existing); error == EEXIST)
        return failure(
            triedTo(named), "a file of that name was created meanwhile", "choose another name or remove it");
    else if (error != 0)
        return systemFailure(named, error);
    // A directory that may be written but not listed cannot be opened.
    Descriptor directory(::open(directoryOf(place.path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const int error = directory.good() ? syncError(directory.number()) : 0;
    if (error != 0)
        return failure("sync the directory of " + named.string(), std::generic_category().message(error),
            "the file is complete, but a power failure can still lose it");
    return {};
}

} // namespace

namespace {

constexpr int readerTries = 50;
constexpr int readerWait = 100; // ms

/// Opens what takes bytes as a file does. A FIFO that no program reads would block for good: its reader is
/// waited for five seconds.
Result<int> openStream(const Place& place, const fs::path& named)
{
    int file = place.descriptor >= 0 ? ::fcntl(place.descriptor, F_DUPFD_CLOEXEC, 0) : -1;
    for (int tries = 0; place.descriptor < 0 && file < 0 && tries < readerTries; ++tries) {
        file = ::open(place.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (file < 0 && errno != ENXIO && errno != EINTR)
            return systemFailure(named, errno);
        if (file < 0)
            ::poll(nullptr, 0, readerWait);
        else
            ::fcntl(file, F_SETFL, O_WRONLY); // NOLINT: ours alone; from here on a slow reader is waited for.
    }
    if (file >= 0)
        return file;
    return place.descriptor >= 0
        ? Result<int>(systemFailure(named, errno))
        : failure(triedTo(named), "no program reads it", "start its reader first, or name a file");
}

} // namespace

class WholeFile::Impl {
public:
    Impl(int file, fs::path written, fs::path named, Place target, Existing how)
        : descriptor(file)
        , temporary(std::move(written))
        , name(std::move(named))
        , place(std::move(target))
        , existing(how)
        , buffer(file)
        , stream(&buffer)
    {
    }
    ~Impl()
    {
        if (!temporary.empty())
            (void)::unlink(temporary.c_str());
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Descriptor descriptor;
    fs::path temporary; ///< Empty: written where it belongs, or committed.
    fs::path name; ///< As the caller gave it.
    Place place;
    Existing existing;
    DescriptorBuffer buffer;
    std::ostream stream;
};

WholeFile::WholeFile(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{
}

WholeFile::~WholeFile() = default;

Result<std::unique_ptr<WholeFile>> WholeFile::create(
    const fs::path& path, Existing existing, NewFileMode mode)
{
    ASSIGN_OR_RETURN(auto place, writablePlace(path, existing));
    const auto made = [&](int file, fs::path temporary) {
        return std::unique_ptr<WholeFile>(new WholeFile(
            std::make_unique<Impl>(file, std::move(temporary), path, std::move(place), existing)));
    };
    if (place.exists && !place.regular) {
        ASSIGN_OR_RETURN(const auto file, openStream(place, path));
        return made(file, {});
    }
    auto beside = makeBeside(place, path, mode);
    RETURN_IF_ERROR(beside);
    return made(beside->first, std::move(beside->second));
}

std::ostream& WholeFile::stream() { return m_impl->stream; }

Result<void> WholeFile::commit()
{
    Impl& file = *m_impl;
    file.stream.flush();
    int error = file.buffer.error();
    if (error == 0 && !file.stream)
        error = EIO;
    if (error == 0)
        error = syncError(file.descriptor.number());
    if (const int closed = file.descriptor.close(); error == 0)
        error = closed;
    if (error != 0)
        return systemFailure(file.name, error);
    if (file.temporary.empty())
        return {};
    auto done = publish(file.temporary, file.place, file.name, file.existing);
    // Where it was renamed and only the directory could not be synced, nothing has this name any more.
    if (done)
        file.temporary.clear();
    return done;
}

Result<void> writeWhole(const fs::path& path, Existing existing,
    const std::function<Result<void>(std::ostream&)>& fill, NewFileMode mode)
{
    ASSIGN_OR_RETURN(auto file, WholeFile::create(path, existing, mode));
    const auto filled = fill(file->stream());
    return filled ? file->commit() : filled;
}

Result<void> writeWhole(const fs::path& path, Existing existing, std::string_view content, NewFileMode mode)
{
    return writeWhole(
        path, existing,
        [content](std::ostream& out) -> Result<void> {
            out.write(content.data(), static_cast<std::streamsize>(content.size()));
            return {};
        },
        mode);
}

Result<ReservedFile> reserveBeside(const fs::path& target, Existing existing, NewFileMode mode)
{
    ASSIGN_OR_RETURN(const auto place, writablePlace(target, existing));
    if (place.exists && !place.regular)
        return failure(triedTo(target), "it is not a regular file", "name one");
    ASSIGN_OR_RETURN(auto beside, makeBeside(place, target, mode));
    const auto close = [](const int* file) {
        ::close(*file);
        delete file;
    };
    return ReservedFile{std::move(beside.second), place.path, {new int(beside.first), close}};
}

Result<void> moveInPlace(const fs::path& file, const fs::path& target, Existing existing)
{
    ASSIGN_OR_RETURN(const auto place, writablePlace(target, existing));
    Descriptor written(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (const int error = written.good() ? syncError(written.number()) : errno; error != 0)
        return systemFailure(target, error);
    return publish(file, place, target, existing);
}

} // namespace pgtscope::core
