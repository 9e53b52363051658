// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/launch/guestfetch.h"

#include "gdb/launch/aptarchive.h"
#include "gdb/launch/debpackage.h"
#include "gdb/launch/filelock.h"
#include "gdb/launch/initramfs.h"
#include "gdb/launch/labguest.h"

namespace pgtscope::gdb {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

/// One run of fetchGuest().
class Fetch {
public:
    Fetch(const GuestRecipe& recipe, const FetchOptions& options, const core::Progress& progress,
        const core::CancelFlag* cancel)
        : m_recipe(recipe)
        , m_options(options)
        , m_progress(progress)
        , m_cancel(cancel)
        , m_aptDirectory(options.cacheDirectory / "apt" / recipe.architecture)
        , m_apt(m_aptDirectory, std::string(recipe.architecture))
        , m_cache(options.cacheDirectory, recipe.name)
    {
    }
    core::Result<FetchedGuest> run();

private:
    core::Result<FetchedGuest> fetchCurrent();
    core::Result<AptPackage> currentKernel() const;
    core::Result<CachedGuest> build(const AptPackage& kernel);
    core::Result<CachedGuest> fill(const fs::path& directory, const AptPackage& kernel);
    core::Result<AptPackage> unpack(const AptPackage& package, const fs::path& directory,
        const std::function<bool(std::string_view)>& wanted, const char* name);
    std::optional<CachedGuest> sameKernelOfAnother(const AptPackage& kernel) const;
    FetchedGuest found(CachedGuest files, bool downloaded) const
    {
        return {m_recipe, std::move(files), downloaded, m_note};
    }
    bool cancelled() const { return m_cancel != nullptr && m_cancel->cancelled(); }

    const GuestRecipe& m_recipe;
    const FetchOptions& m_options;
    const core::Progress& m_progress;
    const core::CancelFlag* m_cancel;
    fs::path m_aptDirectory;
    AptArchive m_apt;
    GuestCache m_cache;
    std::string m_note;
};

core::Result<FetchedGuest> Fetch::run()
{
    if (!m_options.refresh && m_apt.fresh())
        if (auto current = m_cache.checkedSince(m_apt.refreshedAt()))
            return found(*current, false);

    auto fetched = fetchCurrent();
    if (fetched || cancelled())
        return fetched;
    auto cached = m_cache.newest();
    if (!cached) {
        core::Error error = fetched.error();
        error.tried = "fetch the guest " + std::string(m_recipe.name) + " (" + error.tried + ")";
        error.happened += ", and nothing is cached";
        return tl::unexpected(std::move(error));
    }
    m_note = "using the cached version " + cached->kernelVersion + ": " + fetched.error().message();
    return found(*cached, false);
}

core::Result<FetchedGuest> Fetch::fetchCurrent()
{
    std::error_code error;
    fs::create_directories(m_aptDirectory, error);
    auto lock = FileLock::wait(m_aptDirectory / "lock", WaitLimit::after(30min, m_cancel));
    if (!lock)
        return tl::unexpected(lock.error());
    core::Result<void> refreshed;
    if (m_options.refresh || !m_apt.fresh())
        refreshed = m_apt.refresh(m_progress, m_cancel);
    if (cancelled())
        return core::failure("fetch the guest " + std::string(m_recipe.name), "cancelled");
    // One source of many may be down, or all of them: go on with the lists that there are.
    auto kernel = currentKernel();
    if (!kernel)
        return tl::unexpected(refreshed ? kernel.error() : refreshed.error());
    if (!refreshed)
        m_note = "a newer kernel may exist: " + refreshed.error().message();

    auto cached = m_cache.version(kernel->version);
    bool download = !cached;
    if (download) {
        auto built = build(*kernel);
        if (!built)
            return tl::unexpected(built.error());
        cached = std::move(*built);
    }
    m_cache.markChecked(kernel->version);
    return found(*cached, download);
}

core::Result<AptPackage> Fetch::currentKernel() const
{
    auto meta = m_apt.candidate(std::string(m_recipe.kernelPackage), m_cancel);
    if (!meta)
        return meta;
    std::string package = kernelPackageIn(meta->depends);
    if (package.empty())
        return core::failure(
            "find the kernel that " + meta->name + " stands for", "it depends on no kernel package");
    return m_apt.candidate(package, m_cancel);
}

core::Result<CachedGuest> Fetch::build(const AptPackage& kernel)
{
    auto directory = m_cache.prepare();
    if (!directory)
        return tl::unexpected(directory.error());
    auto guest = fill(*directory, kernel);
    auto stored = guest ? m_cache.complete(*directory, *guest) : guest;
    std::error_code ignored;
    fs::remove_all(*directory, ignored);
    return stored;
}

/// Two recipes may share a kernel: it is some 70 MB to download.
std::optional<CachedGuest> Fetch::sameKernelOfAnother(const AptPackage& kernel) const
{
    for (const GuestRecipe& other : guestCatalogue()) {
        if (other.kernelPackage != m_recipe.kernelPackage || other.architecture != m_recipe.architecture)
            continue;
        auto guest = GuestCache(m_options.cacheDirectory, other.name).version(kernel.version);
        if (guest && guest->kernelPackage == kernel.name)
            return guest;
    }
    return std::nullopt;
}

core::Result<CachedGuest> Fetch::fill(const fs::path& directory, const AptPackage& kernel)
{
    CachedGuest guest{directory / "vmlinuz", directory / "initrd.gz", kernel.name, kernel.version, {}};
    if (auto other = sameKernelOfAnother(kernel)) {
        std::error_code error;
        fs::copy_file(other->kernel, guest.kernel, error);
        if (!error)
            fs::copy_file(other->initrd, guest.initrd, error);
        if (error)
            return core::failure("copy the kernel " + other->kernel.string(), error.message());
        guest.busyboxVersion = other->busyboxVersion;
        return guest;
    }
    auto isKernel = [](std::string_view path) { return path.starts_with("boot/vmlinuz-"); };
    if (auto unpacked = unpack(kernel, directory, isKernel, "vmlinuz"); !unpacked)
        return tl::unexpected(unpacked.error());
    auto isBusybox = [](std::string_view path) { return path == "bin/busybox" || path == "usr/bin/busybox"; };
    auto busybox = m_apt.candidate("busybox-static", m_cancel).and_then([&](const AptPackage& package) {
        return unpack(package, directory, isBusybox, "busybox");
    });
    if (!busybox)
        return tl::unexpected(busybox.error());
    guest.busyboxVersion = busybox->version;
    if (auto written = writeInitramfs(directory / "busybox", guest.initrd); !written)
        return tl::unexpected(written.error());
    std::error_code ignored;
    fs::remove(directory / "busybox", ignored);
    return guest;
}

core::Result<AptPackage> Fetch::unpack(const AptPackage& package, const fs::path& directory,
    const std::function<bool(std::string_view)>& wanted, const char* name)
{
    fs::path downloads = directory / "download";
    std::error_code error;
    fs::create_directory(downloads, error);
    auto deb = m_apt.download(package, downloads, m_progress, m_cancel);
    if (!deb)
        return tl::unexpected(deb.error());
    auto extracted = extractFromDeb(*deb, wanted, directory / name, m_cancel);
    fs::remove_all(downloads, error);
    return extracted.map([&] { return package; });
}

} // namespace

std::string kernelPackageIn(const std::string& depends)
{
    constexpr std::string_view stem = "linux-image-";
    std::size_t begin = depends.find(stem);
    if (begin == std::string::npos || (begin > 0 && depends[begin - 1] != ' '))
        return {};
    return depends.substr(begin, depends.find_first_of(" ,|(", begin) - begin);
}

core::Result<FetchedGuest> fetchGuest(const GuestRecipe& recipe, const FetchOptions& options,
    const core::Progress& progress, const core::CancelFlag* cancel)
{
    if (!recipe.isBuiltHere())
        return Fetch(recipe, options, progress, cancel).run();
    auto kernel = findLabGuest();
    if (!kernel)
        return tl::unexpected(kernel.error());
    CachedGuest files;
    files.kernel = std::move(*kernel);
    files.kernelPackage = "built with this program";
    return FetchedGuest{recipe, std::move(files), false, {}};
}

} // namespace pgtscope::gdb
