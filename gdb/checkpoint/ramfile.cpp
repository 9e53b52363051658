// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/checkpoint/ramfile.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

#include "gdb/checkpoint/pagemap.h"

namespace pgtscope::gdb {

namespace {

constexpr std::size_t pieceBytes = std::size_t{1} << 20;

tl::unexpected<core::Error> systemFailure(const std::string& tried)
{
    return core::failure(tried, std::generic_category().message(errno));
}

} // namespace

core::Result<RamFile> RamFile::open(const std::filesystem::path& path, For use)
{
    Descriptor file(::open(path.c_str(), (use == For::Writing ? O_RDWR : O_RDONLY) | O_CLOEXEC));
    struct stat status { };
    if (!file.good() || ::fstat(file.number(), &status) != 0)
        return systemFailure("open the guest's RAM " + path.string());
    return RamFile(std::move(file), static_cast<std::uint64_t>(status.st_size) / pageBytes);
}

std::uint64_t RamFile::allocated() const
{
    constexpr std::uint64_t blockBytes = 512; // stat(2)
    struct stat status { };
    return ::fstat(m_file.number(), &status) == 0 ? static_cast<std::uint64_t>(status.st_blocks) * blockBytes
                                                  : 0;
}

core::Result<void> RamFile::forEachPage(
    const std::function<core::Result<void>(std::uint64_t page, core::ByteView content)>& each) const
{
    core::Bytes piece(pieceBytes);
    const auto end = static_cast<off_t>(m_pages * pageBytes);
    for (off_t at = 0; at < end;) {
        const off_t begin = ::lseek(m_file.number(), at, SEEK_DATA);
        if (begin < 0 && errno == ENXIO)
            return {};
        const off_t hole = begin < 0 ? begin : ::lseek(m_file.number(), begin, SEEK_HOLE);
        if (hole < 0)
            return systemFailure("find the guest's RAM");
        // Extents begin and end with pages, whatever the size of the host's.
        const off_t last = std::min(hole, end);
        for (at = begin; at < last;) {
            const auto wanted = static_cast<std::size_t>(std::min<off_t>(last - at, pieceBytes));
            const ssize_t count = ::pread(m_file.number(), piece.data(), wanted, at);
            const std::size_t whole = count < 0 ? 0 : static_cast<std::size_t>(count) / pageBytes * pageBytes;
            if (whole == 0)
                return systemFailure("read the guest's RAM");
            for (std::size_t i = 0; i < whole; i += pageBytes)
                RETURN_IF_ERROR(each((static_cast<std::uint64_t>(at) + i) / pageBytes,
                    core::ByteView(piece).subspan(i, pageBytes)));
            at += static_cast<off_t>(whole);
        }
    }
    return {};
}

core::Result<void> RamFile::clear()
{
    if (::fallocate(m_file.number(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
            static_cast<off_t>(m_pages * pageBytes))
        != 0)
        return systemFailure("clear the guest's RAM");
    return {};
}

core::Result<void> RamFile::write(std::uint64_t page, core::ByteView content)
{
    auto at = static_cast<off_t>(page * pageBytes);
    while (!content.empty()) {
        const ssize_t count = ::pwrite(m_file.number(), content.data(), content.size(), at);
        if (count < 0 && errno != EINTR)
            return systemFailure("write the guest's RAM");
        content = content.subspan(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        at += std::max<ssize_t>(count, 0);
    }
    return {};
}

} // namespace pgtscope::gdb
