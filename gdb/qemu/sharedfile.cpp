// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qemu/sharedfile.h"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pgtscope::gdb {

core::Result<void*> mapSharedFile(const std::filesystem::path& file, std::size_t bytes, SharedFile kind)
{
    const bool fresh = kind == SharedFile::New;
    const std::string tried = (fresh ? "make the shared memory " : "open the shared memory ") + file.string();
    const int descriptor = ::open(file.c_str(), (fresh ? O_CREAT | O_EXCL : 0) | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return core::failure(tried, std::generic_category().message(errno));
    struct stat status { };
    const bool fits = fresh
        ? ::ftruncate(descriptor, static_cast<off_t>(bytes)) == 0
        : ::fstat(descriptor, &status) == 0 && status.st_size == static_cast<off_t>(bytes);
    void* place
        = fits ? ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) : MAP_FAILED;
    const int problem = errno;
    ::close(descriptor);
    if (place != MAP_FAILED)
        return place;
    return core::failure(
        tried, fits || fresh ? std::generic_category().message(problem) : "it has the wrong size");
}

} // namespace pgtscope::gdb
