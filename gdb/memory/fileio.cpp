// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/memory/fileio.h"

#include <cerrno>
#include <unistd.h>

namespace pgtscope::gdb {

bool readFully(int descriptor, std::uint64_t offset, std::span<std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t count = ::pread(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return true;
}

} // namespace pgtscope::gdb
