// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>

#include "core/base/error.h"

namespace pgtscope::gdb {

enum class SharedFile {
    New, ///< Is made, of zeros; it must not exist.
    Existing, ///< Must have that size.
};

/// Maps a file that is shared with a plugin inside QEMU; the caller unmaps its `bytes`.
core::Result<void*> mapSharedFile(const std::filesystem::path& file, std::size_t bytes, SharedFile kind);

} // namespace pgtscope::gdb
