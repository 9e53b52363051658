// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/debian/guestcache.h"

#include <chrono>
#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "core/base/json.h"
#include "gdb/debian/initramfs.h"
#include "gdb/host/files.h"

namespace pgtscope::gdb {

namespace fs = std::filesystem;

namespace {

using nlohmann::json;

constexpr unsigned markerFormat = 1;
constexpr const char* markerName = "guest.json";
constexpr const char* checkedName = "current";
constexpr const char* preparedPrefix = ".new-";

/// The file in `directory` that the marker describes, empty if it describes none; nullopt if the file has not
/// the size it had when it was stored.
std::optional<fs::path> intactFile(const fs::path& directory, const json& marker, const char* key)
{
    auto entry = marker.find(key);
    if (entry == marker.end())
        return fs::path();
    if (!entry->is_object())
        return std::nullopt;
    fs::path name = entry->value("file", std::string());
    std::error_code error;
    auto bytes = fs::file_size(directory / name, error);
    // A name with a directory in it was not written by us.
    if (error || name.empty() || name != name.filename() || bytes != entry->value("bytes", std::uint64_t(0)))
        return std::nullopt;
    return directory / name;
}

json described(const fs::path& file, std::error_code& error)
{
    return {{"file", file.filename().string()}, {"bytes", fs::file_size(file, error)}};
}

} // namespace

fs::path defaultCacheDirectory()
{
    // The specification says that a relative path is to be ignored.
    const char* cache = std::getenv("XDG_CACHE_HOME");
    if (cache != nullptr && *cache == '/')
        return fs::path(cache) / "pgtscope";
    const char* home = std::getenv("HOME");
    return fs::path(home != nullptr && *home == '/' ? home : "/tmp") / ".cache" / "pgtscope";
}

GuestCache::GuestCache(const fs::path& cacheDirectory, std::string_view guest)
    : m_directory(cacheDirectory / "guests" / guest)
{
}

fs::path GuestCache::versionDirectory(std::string_view version) const
{
    // Debian versions consist of letters, digits and . + - ~ : (deb-version(7)); ':' is a bother in paths.
    std::string name;
    for (char c : version)
        name += c == '/' || c == ':' || c == '\0' ? '_' : c;
    return m_directory / (name.starts_with('.') ? "_" + name : name);
}

std::optional<CachedGuest> GuestCache::load(const fs::path& directory) const
{
    json marker = json::parse(readStart(directory / markerName), nullptr, false);
    if (!marker.is_object())
        return std::nullopt;
    try {
        if (marker.value("format", 0U) != markerFormat || marker.value("initramfs", 0U) != initramfsRevision)
            return std::nullopt;
        auto kernel = intactFile(directory, marker, "kernel");
        auto initrd = intactFile(directory, marker, "initrd");
        auto hypervisor = intactFile(directory, marker, "hypervisor");
        if (!kernel || !initrd || !hypervisor || (kernel->empty() && hypervisor->empty()))
            return std::nullopt;
        return CachedGuest{*kernel, *initrd, marker.value("kernelPackage", std::string()),
            marker.value("kernelVersion", std::string()), marker.value("busyboxVersion", std::string()),
            *hypervisor, marker.value("hypervisorVersion", std::string())};
    } catch (const json::exception&) {
        // A value of the wrong type: the marker is damaged.
        return std::nullopt;
    }
}

std::optional<CachedGuest> GuestCache::version(std::string_view version) const
{
    return load(versionDirectory(version));
}

std::optional<CachedGuest> GuestCache::newest() const
{
    std::optional<CachedGuest> best;
    fs::file_time_type bestTime;
    for (const fs::path& directory : entriesOf(m_directory)) {
        if (directory.filename().string().starts_with("."))
            continue;
        std::error_code gone;
        auto time = fs::last_write_time(directory / markerName, gone);
        auto guest = gone ? std::nullopt : load(directory);
        if (guest && (!best || time > bestTime)) {
            best = guest;
            bestTime = time;
        }
    }
    return best;
}

std::optional<CachedGuest> GuestCache::checkedSince(fs::file_time_type since) const
{
    std::error_code error;
    auto time = fs::last_write_time(m_directory / checkedName, error);
    if (error || time < since)
        return std::nullopt;
    return version(readStart(m_directory / checkedName));
}

core::Result<fs::path> GuestCache::prepare() const
{
    std::error_code error;
    fs::create_directories(m_directory, error);
    for (const fs::path& leftover : entriesOf(m_directory)) {
        std::error_code gone;
        auto time = fs::last_write_time(leftover, gone);
        bool old = !gone && fs::file_time_type::clock::now() - time > std::chrono::hours(24);
        if (old && leftover.filename().string().starts_with(preparedPrefix))
            fs::remove_all(leftover, gone);
    }
    std::string pattern = (m_directory / (std::string(preparedPrefix) + "XXXXXX")).string();
    if (::mkdtemp(pattern.data()) == nullptr)
        return core::failure("make a directory in " + m_directory.string(),
            std::generic_category().message(errno), "check free space and permissions there");
    return fs::path(pattern);
}

core::Result<CachedGuest> GuestCache::complete(const fs::path& prepared, const CachedGuest& guest) const
{
    std::string tried = "store the guest in " + m_directory.string();
    if (guest.version().empty())
        return core::failure(tried, "it has no version");
    json marker{{"format", markerFormat}, {"initramfs", initramfsRevision},
        {"kernelPackage", guest.kernelPackage}, {"kernelVersion", guest.kernelVersion},
        {"busyboxVersion", guest.busyboxVersion}};
    std::error_code error;
    for (const auto& [key, file] : {std::pair("kernel", guest.kernel), std::pair("initrd", guest.initrd),
             std::pair("hypervisor", guest.hypervisor)})
        if (!error && !file.empty())
            marker[key] = described(file, error);
    if (!guest.hypervisor.empty())
        marker["hypervisorVersion"] = guest.hypervisorVersion;
    if (error)
        return core::failure(tried, "a file of it is missing");
    std::string text = core::jsonBlock(marker, 2) + "\n";
    if (!writePrivate(prepared / markerName, text))
        return core::failure(tried, "the marker could not be written", "check free space there");
    // Data before name: after a power cut a version is whole or absent.
    for (const fs::path& file : entriesOf(prepared))
        flushToDisk(file);

    fs::path target = versionDirectory(guest.version());
    // What is there is damaged or of another revision, or else the caller would have used it; or another
    // program has stored the same a moment ago, which serves as well.
    if (!load(target)) {
        fs::remove_all(target, error);
        fs::rename(prepared, target, error);
    }
    auto stored = load(target);
    if (!stored)
        return core::failure(tried, error ? error.message() : "it was removed meanwhile");
    return *stored;
}

void GuestCache::markChecked(std::string_view version) const
{
    // Only saves time: without it the next run asks apt again.
    (void)writePrivate(m_directory / checkedName, version);
}

} // namespace pgtscope::gdb
