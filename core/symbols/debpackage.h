// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/error.h"

namespace pgtscope::core {

/// Copies the first regular file whose path in the package (without "./") `wanted` accepts to `destination`.
/// Nothing else of the package touches the disk. A file above 512 MiB is refused; deb(5) gives the format.
Result<void> extractFromDeb(const std::filesystem::path& package,
    const std::function<bool(std::string_view path)>& wanted, const std::filesystem::path& destination,
    const CancelFlag* cancel = nullptr);

/// A regular file of a package, or a symbolic link.
struct PackedFile {
    std::string path; ///< In the package, without "./".
    std::string content; ///< Of a link: its target.
    bool isLink = false;
    bool executable = false;
};

/// Reads all regular files and symbolic links that `wanted` accepts, in the order of the package. More than
/// 512 MiB of them are refused.
Result<std::vector<PackedFile>> readFromDeb(const std::filesystem::path& package,
    const std::function<bool(std::string_view path)>& wanted, const CancelFlag* cancel = nullptr);

/// Whether `bytes` begin as a Debian package does.
bool isDebPackage(std::span<const std::byte> bytes);

/// Whether this path in a package is a kernel image: boot/vmlinuz-VERSION, since Linux 7.2
/// usr/lib/modules/VERSION/vmlinuz (in linux-binary-VERSION), or the vmlinux of a -dbg package.
bool isKernelPath(std::string_view path);

/// The kernel image in a package that is in memory; `name` is what errors call it.
Result<std::vector<std::byte>> kernelInDeb(std::span<const std::byte> package, const std::string& name);

} // namespace pgtscope::core
