// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace pgtscope::gdb {

/// The files of one guest in one version, complete on disk.
struct CachedGuest {
    std::filesystem::path kernel = {}; ///< bzImage; empty in the cache if it is built with this program.
    std::filesystem::path initrd = {};
    std::string kernelPackage = {}; ///< The package itself, e.g. "linux-image-6.1.0-50-amd64".
    std::string kernelVersion = {}; ///< Debian version of that package.
    std::string busyboxVersion = {};
    std::filesystem::path hypervisor = {}; ///< What is booted below the kernel; empty: nothing.
    std::string hypervisorVersion = {}; ///< Debian version of its package.

    /// What distinguishes this guest from others of its name.
    std::string version() const { return versionOf(kernelVersion, hypervisorVersion); }
    static std::string versionOf(const std::string& kernel, const std::string& hypervisor)
    {
        if (hypervisor.empty())
            return kernel;
        return (kernel.empty() ? "" : kernel + "_") + "xen-" + hypervisor;
    }
};

/// $XDG_CACHE_HOME/pgtscope, by default ~/.cache/pgtscope (XDG base directory specification 0.8).
std::filesystem::path defaultCacheDirectory();

/// Guests on disk: guests/NAME/VERSION/ below the cache directory. A version directory appears whole, by a
/// rename, and holds a marker that lists its files with their sizes; without a matching marker it is not
/// there.
class GuestCache {
public:
    GuestCache(const std::filesystem::path& cacheDirectory, std::string_view guest);

    /// That version; nullopt if it is absent, damaged or made by another revision of the initramfs.
    std::optional<CachedGuest> version(std::string_view version) const;
    /// The version that was stored last.
    std::optional<CachedGuest> newest() const;
    /// The version that was found current, if that was found after `since`.
    std::optional<CachedGuest> checkedSince(std::filesystem::file_time_type since) const;

    /// Creates an empty directory next to the versions to prepare one in; removes leftovers of killed runs.
    core::Result<std::filesystem::path> prepare() const;
    /// Turns a prepared directory that holds the files that the guest names into a version; returns it with
    /// its final paths.
    core::Result<CachedGuest> complete(const std::filesystem::path& prepared, const CachedGuest& guest) const;
    /// Remembers that this version is the current one.
    void markChecked(std::string_view version) const;

private:
    std::filesystem::path versionDirectory(std::string_view version) const;
    std::optional<CachedGuest> load(const std::filesystem::path& directory) const;

    std::filesystem::path m_directory;
};

} // namespace pgtscope::gdb
