// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/error.h"

namespace pgtscope::gdb {

/// Copies the first regular file whose path in the package (without "./") `wanted` accepts to `destination`.
/// Nothing else of the package touches the disk. A file above 512 MiB is refused; deb(5) gives the format.
core::Result<void> extractFromDeb(const std::filesystem::path& package,
    const std::function<bool(std::string_view path)>& wanted, const std::filesystem::path& destination,
    const core::CancelFlag* cancel = nullptr);

/// A regular file of a package, or a symbolic link.
struct PackedFile {
    std::string path; ///< In the package, without "./".
    std::string content; ///< Of a link: its target.
    bool isLink = false;
    bool executable = false;
};

/// Reads all regular files and symbolic links that `wanted` accepts, in the order of the package. More than
/// 512 MiB of them are refused.
core::Result<std::vector<PackedFile>> readFromDeb(const std::filesystem::path& package,
    const std::function<bool(std::string_view path)>& wanted, const core::CancelFlag* cancel = nullptr);

} // namespace pgtscope::gdb
