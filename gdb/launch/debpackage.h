// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "core/base/cancel.h"
#include "core/base/error.h"

namespace pgtscope::gdb {

/// Copies the first regular file whose path in the package (without "./") `wanted` accepts to `destination`.
/// Nothing else of the package touches the disk. A file above 512 MiB is refused; deb(5) gives the format.
core::Result<void> extractFromDeb(const std::filesystem::path& package,
    const std::function<bool(std::string_view path)>& wanted, const std::filesystem::path& destination,
    const core::CancelFlag* cancel = nullptr);

} // namespace pgtscope::gdb
