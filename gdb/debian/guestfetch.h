// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "gdb/debian/guestcache.h"
#include "gdb/debian/guestcatalogue.h"

namespace pgtscope::gdb {

struct FetchOptions {
    std::filesystem::path cacheDirectory = defaultCacheDirectory();
    bool refresh = false; ///< Ask the archive for newer versions even if that was done within a day.
};

struct FetchedGuest {
    GuestRecipe recipe;
    CachedGuest files;
    bool downloaded = false; ///< False if it was in the cache already.
    std::string note; ///< What the user should know, e.g. that the lists are old; usually empty.
};

/// Gets a guest ready to boot: the current version of its kernel from Debian's archive and an initramfs, in
/// the per-user cache, or the kernel that was built with this program; the hypervisor below it, if there is
/// one. Without a network a guest that is in the cache is used as it is, and `note` says so. Several programs
/// may fetch at the same time. Progress is in bytes.
core::Result<FetchedGuest> fetchGuest(const GuestRecipe& recipe, const FetchOptions& options,
    const core::Progress& progress = {}, const core::CancelFlag* cancel = nullptr);

/// The packages of a Depends field whose names begin with `stem`, in its order.
std::vector<std::string> packagesIn(const std::string& depends, std::string_view stem);
/// The first of them; empty if there is none.
std::string packageIn(const std::string& depends, std::string_view stem);

} // namespace pgtscope::gdb
