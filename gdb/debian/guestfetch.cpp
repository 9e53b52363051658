// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/debian/guestfetch.h"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <iterator>
#include <memory>
#include <ostream>
#include <set>

#include "core/base/wholefile.h"
#include "core/symbols/debpackage.h"
#include "gdb/debian/aptarchive.h"
#include "gdb/debian/builtguest.h"
#include "gdb/debian/initramfs.h"
#include "gdb/host/filelock.h"

namespace pgtscope::gdb {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kernelStem = "linux-image-";
/// Since Linux 7.2 the image is in a package of its own, and the modules in another.
constexpr std::string_view binaryStem = "linux-binary-";
constexpr std::string_view modulesStem = "linux-modules-";
constexpr std::string_view hypervisorStem = "xen-hypervisor-4";
constexpr std::string_view toolstackStem = "xen-utils-4";
constexpr std::size_t maxHypervisorBytes = 256U << 20;

bool isBusybox(std::string_view path) { return path == "bin/busybox" || path == "usr/bin/busybox"; }

/// A shared library, or a link to one, that the dynamic loader finds by itself; of libc6 the one that counts,
/// and the loader.
bool isLibrary(std::string_view path)
{
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const std::string_view directory = path.substr(0, path.size() - name.size());
    const bool searched = directory == "lib/x86_64-linux-gnu/" || directory == "usr/lib/x86_64-linux-gnu/"
        || directory == "lib64/";
    const bool wanted = name.starts_with("libxen") || name.starts_with("libyajl")
        || name.starts_with("libuuid") || name.starts_with("liblzma") || name.starts_with("libz")
        || name.starts_with("libgcc_s") || name.starts_with("libxlutil") || name == "libc.so.6"
        || name.starts_with("ld-linux");
    return searched && wanted && name.find(".so") != std::string_view::npos;
}

core::Result<void> gunzip(const fs::path& from, const fs::path& to)
{
    const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
    archive_read_support_filter_gzip(reader.get());
    archive_read_support_format_raw(reader.get());
    return core::writeWhole(to, core::Existing::Replace, [&](std::ostream& out) -> core::Result<void> {
        archive_entry* entry = nullptr;
        std::array<char, 65536> block{};
        la_ssize_t count = archive_read_open_filename(reader.get(), from.c_str(), block.size()) == ARCHIVE_OK
                && archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK
            ? 1
            : -1;
        for (std::size_t total = 0; count > 0 && out.good() && total < maxHypervisorBytes;
             total += block.size()) {
            count = archive_read_data(reader.get(), block.data(), block.size());
            out.write(block.data(), std::max<la_ssize_t>(count, 0));
        }
        return count == 0 && out.good()
            ? core::Result<void>{}
            : core::failure("unpack " + from.string(), "it is damaged, or the disk is full");
    });
}

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
    /// What is current in the archive.
    struct Current {
        AptPackage kernel;
        std::optional<AptPackage> hypervisor;
        std::optional<AptPackage> toolstack;
        std::string version() const
        {
            return CachedGuest::versionOf(kernel.version, hypervisor ? hypervisor->version : std::string());
        }
    };

    core::Result<Current> current() const;
    core::Result<Current> currentOfLastSuite();
    core::Result<AptPackage> partOf(const AptPackage& kernel, std::string_view stem) const;
    core::Result<AptPackage> dependency(std::string_view metapackage, std::string_view stem) const;
    core::Result<CachedGuest> build(const Current& packages);
    core::Result<CachedGuest> fill(const fs::path& directory, const Current& packages);
    core::Result<void> fillKernel(const fs::path& directory, const AptPackage& kernel, CachedGuest& guest);
    core::Result<void> fillDomainStarter(
        const fs::path& directory, const Current& packages, const CachedGuest& guest);
    core::Result<std::vector<core::PackedFile>> toolstackFiles(
        const AptPackage& toolstack, const fs::path& directory);
    core::Result<std::vector<core::PackedFile>> take(const AptPackage& package, const fs::path& directory,
        const std::function<bool(std::string_view)>& wanted);
    core::Result<fs::path> download(const AptPackage& package, const fs::path& directory);
    core::Result<AptPackage> unpack(const AptPackage& package, const fs::path& directory,
        const std::function<bool(std::string_view)>& wanted, const char* name);
    core::Result<void> fillHypervisor(
        const fs::path& directory, const AptPackage& hypervisor, CachedGuest& guest);
    std::optional<CachedGuest> sameKernelOfAnother(const AptPackage& kernel) const;
    std::optional<CachedGuest> sameHypervisorOfAnother(const AptPackage& hypervisor) const;
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
    m_note = "using the cached version " + cached->version() + ": " + fetched.error().message();
    return found(*cached, false);
}

core::Result<FetchedGuest> Fetch::fetchCurrent()
{
    std::error_code error;
    fs::create_directories(m_aptDirectory, error);
    auto lock = FileLock::wait(m_aptDirectory / "lock", WaitLimit::after(30min, m_cancel));
    RETURN_IF_ERROR(lock);
    core::Result<void> refreshed;
    if (m_options.refresh || !m_apt.fresh())
        refreshed = m_apt.refresh(m_progress, m_cancel);
    if (cancelled())
        return core::failure("fetch the guest " + std::string(m_recipe.name), "cancelled");
    // One source of many may be down, or all of them: go on with the lists that there are.
    auto packages = current();
    if (!packages && refreshed && !m_recipe.lastSuite.empty())
        packages = currentOfLastSuite();
    if (!packages)
        return tl::unexpected(refreshed ? packages.error() : refreshed.error());
    if (!refreshed)
        m_note = "a newer kernel may exist: " + refreshed.error().message();

    auto cached = m_cache.version(packages->version());
    bool download = !cached;
    if (download) {
        ASSIGN_OR_RETURN(auto built, build(*packages));
        cached = std::move(built);
    }
    m_cache.markChecked(packages->version());
    return found(*cached, download);
}

core::Result<Fetch::Current> Fetch::current() const
{
    Current packages;
    if (!m_recipe.isBuiltHere()) {
        ASSIGN_OR_RETURN(auto kernel, dependency(m_recipe.kernelPackage, kernelStem));
        packages.kernel = std::move(kernel);
    }
    if (m_recipe.hypervisorPackage.empty())
        return packages;
    auto hypervisor = dependency(m_recipe.hypervisorPackage, hypervisorStem);
    auto toolstack = dependency(m_recipe.hypervisorPackage, toolstackStem);
    if (!hypervisor || !toolstack)
        return tl::unexpected(hypervisor ? toolstack.error() : hypervisor.error());
    packages.hypervisor = std::move(*hypervisor);
    packages.toolstack = std::move(*toolstack);
    return packages;
}

/// The system's own suite has dropped the kernel.
core::Result<Fetch::Current> Fetch::currentOfLastSuite()
{
    const std::string suite(m_recipe.lastSuite);
    m_apt = AptArchive(m_aptDirectory / suite, std::string(m_recipe.architecture), suite);
    if (m_options.refresh || !m_apt.fresh())
        RETURN_IF_ERROR(m_apt.refresh(m_progress, m_cancel));
    return current();
}

/// The package that holds a part of a kernel: the kernel's own, or the one it depends on for that.
core::Result<AptPackage> Fetch::partOf(const AptPackage& kernel, std::string_view stem) const
{
    const std::string package = packageIn(kernel.depends, stem);
    return package.empty() ? kernel : m_apt.candidate(package, m_cancel);
}

core::Result<AptPackage> Fetch::dependency(std::string_view metapackage, std::string_view stem) const
{
    auto meta = m_apt.candidate(std::string(metapackage), m_cancel);
    if (!meta)
        return meta;
    std::string package = packageIn(meta->depends, stem);
    if (package.empty())
        return core::failure("find what " + meta->name + " stands for",
            "it depends on no package " + std::string(stem) + "\u2026");
    return m_apt.candidate(package, m_cancel);
}

core::Result<CachedGuest> Fetch::build(const Current& packages)
{
    ASSIGN_OR_RETURN(auto directory, m_cache.prepare());
    auto guest = fill(directory, packages);
    auto stored = guest ? m_cache.complete(directory, *guest) : guest;
    std::error_code ignored;
    fs::remove_all(directory, ignored);
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

core::Result<CachedGuest> Fetch::fill(const fs::path& directory, const Current& packages)
{
    CachedGuest guest;
    if (!m_recipe.isBuiltHere())
        RETURN_IF_ERROR(fillKernel(directory, packages.kernel, guest));
    if (packages.hypervisor)
        RETURN_IF_ERROR(fillHypervisor(directory, *packages.hypervisor, guest));
    if (m_recipe.startsDomain)
        RETURN_IF_ERROR(fillDomainStarter(directory, packages, guest));
    std::error_code ignored;
    for (const char* part : {"busybox", "xen.gz"})
        fs::remove(directory / part, ignored);
    return guest;
}

/// A hypervisor that another guest has already needs no download.
std::optional<CachedGuest> Fetch::sameHypervisorOfAnother(const AptPackage& hypervisor) const
{
    for (const GuestRecipe& other : guestCatalogue()) {
        if (other.hypervisorPackage != m_recipe.hypervisorPackage || other.name == m_recipe.name)
            continue;
        auto guest = GuestCache(m_options.cacheDirectory, other.name).newest();
        if (guest && guest->hypervisorVersion == hypervisor.version && !guest->hypervisor.empty())
            return guest;
    }
    return std::nullopt;
}

core::Result<void> Fetch::fillHypervisor(
    const fs::path& directory, const AptPackage& hypervisor, CachedGuest& guest)
{
    guest.hypervisor = directory / "xen";
    guest.hypervisorVersion = hypervisor.version;
    if (const auto other = sameHypervisorOfAnother(hypervisor)) {
        std::error_code error;
        fs::copy_file(other->hypervisor, guest.hypervisor, error);
        if (!error)
            return {};
    }
    // QEMU's multiboot loader takes no compressed file.
    const auto isXen
        = [](std::string_view path) { return path.starts_with("boot/xen-") && path.ends_with(".gz"); };
    return unpack(hypervisor, directory, isXen, "xen.gz").and_then([&](auto) {
        return gunzip(directory / "xen.gz", guest.hypervisor);
    });
}

core::Result<void> Fetch::fillKernel(const fs::path& directory, const AptPackage& kernel, CachedGuest& guest)
{
    guest.kernel = directory / "vmlinuz";
    guest.initrd = directory / "initrd.gz";
    guest.kernelPackage = kernel.name;
    guest.kernelVersion = kernel.version;
    if (auto other = sameKernelOfAnother(kernel)) {
        std::error_code error;
        fs::copy_file(other->kernel, guest.kernel, error);
        if (!error)
            fs::copy_file(other->initrd, guest.initrd, error);
        if (error)
            return core::failure("copy the kernel " + other->kernel.string(), error.message());
        guest.busyboxVersion = other->busyboxVersion;
        return {};
    }
    RETURN_IF_ERROR(partOf(kernel, binaryStem).and_then([&](const AptPackage& package) {
        return unpack(package, directory, core::isKernelPath, "vmlinuz");
    }));
    ASSIGN_OR_RETURN(
        auto busybox, m_apt.candidate("busybox-static", m_cancel).and_then([&](const AptPackage& package) {
            return unpack(package, directory, isBusybox, "busybox");
        }));
    guest.busyboxVersion = busybox.version;
    return writeInitramfs(directory / "busybox", guest.initrd);
}

core::Result<void> Fetch::fillDomainStarter(
    const fs::path& directory, const Current& packages, const CachedGuest& guest)
{
    auto busybox = m_apt.candidate("busybox-static", m_cancel).and_then([&](const AptPackage& package) {
        return unpack(package, directory, isBusybox, "busybox");
    });
    RETURN_IF_ERROR(busybox);
    ASSIGN_OR_RETURN(auto files, toolstackFiles(*packages.toolstack, directory));
    // Debian builds the devices that a toolstack talks to as modules.
    ASSIGN_OR_RETURN(
        auto modules, partOf(packages.kernel, modulesStem).and_then([&](const AptPackage& package) {
            return take(package, directory, [](std::string_view path) {
                return path.find("/kernel/drivers/xen/") != std::string_view::npos && path.ends_with(".ko");
            });
        }));
    for (core::PackedFile& module : modules) {
        module.path = "modules/" + fs::path(module.path).filename().string();
        files.push_back(std::move(module));
    }
    const fs::path domainInitrd = directory / "domain-initrd.gz";
    std::error_code error;
    fs::rename(guest.initrd, domainInitrd, error);
    if (error)
        return core::failure("store the domain's initramfs", error.message());
    const DomainStarter starter{std::move(files), guest.kernel, domainInitrd, "console=hvc0 earlyprintk=xen"};
    auto written = writeDomainInitramfs(directory / "busybox", starter, guest.initrd);
    fs::remove(domainInitrd, error);
    return written;
}

namespace {

/// Programs and their libraries, each where its package has it.
bool isOfToolstack(std::string_view path)
{
    constexpr std::array programs{"/xl", "/xenstored", "/xenconsoled", "/xen-init-dom0"};
    const bool program = path.starts_with("usr/lib/xen-")
        && std::any_of(programs.begin(), programs.end(),
            [path](std::string_view name) { return path.ends_with("/bin" + std::string(name)); });
    return program || isLibrary(path);
}

} // namespace

core::Result<std::vector<core::PackedFile>> Fetch::toolstackFiles(
    const AptPackage& toolstack, const fs::path& directory)
{
    std::vector<core::PackedFile> files;
    std::vector<AptPackage> waiting{toolstack};
    std::set<std::string> known{toolstack.name};
    const auto want = [&](const std::string& name) -> core::Result<void> {
        if (!known.insert(name).second)
            return {};
        ASSIGN_OR_RETURN(auto package, m_apt.candidate(name, m_cancel));
        waiting.push_back(std::move(package));
        return {};
    };
    // glibc loads libgcc_s when a thread ends; nothing says so in a Depends field.
    for (const char* always : {"libc6", "libgcc-s1"})
        RETURN_IF_ERROR(want(always));
    while (!waiting.empty()) {
        const AptPackage package = std::move(waiting.back());
        waiting.pop_back();
        for (const char* stem : {"libxen", "libyajl", "libuuid", "liblzma", "libzstd", "zlib1g"})
            for (const std::string& name : packagesIn(package.depends, stem))
                RETURN_IF_ERROR(want(name));
        auto some = take(package, directory, isOfToolstack);
        if (!some)
            return some;
        std::move(some->begin(), some->end(), std::back_inserter(files));
    }
    return files;
}

core::Result<std::vector<core::PackedFile>> Fetch::take(
    const AptPackage& package, const fs::path& directory, const std::function<bool(std::string_view)>& wanted)
{
    ASSIGN_OR_RETURN(auto deb, download(package, directory));
    auto files = core::readFromDeb(deb, wanted, m_cancel);
    std::error_code ignored;
    fs::remove_all(deb.parent_path(), ignored);
    return files;
}

core::Result<fs::path> Fetch::download(const AptPackage& package, const fs::path& directory)
{
    const fs::path downloads = directory / "download";
    std::error_code error;
    fs::create_directory(downloads, error);
    return m_apt.download(package, downloads, m_progress, m_cancel);
}

core::Result<AptPackage> Fetch::unpack(const AptPackage& package, const fs::path& directory,
    const std::function<bool(std::string_view)>& wanted, const char* name)
{
    ASSIGN_OR_RETURN(auto deb, download(package, directory));
    auto extracted = core::extractFromDeb(deb, wanted, directory / name, m_cancel);
    std::error_code ignored;
    fs::remove_all(deb.parent_path(), ignored);
    return extracted.map([&] { return package; });
}

} // namespace

std::vector<std::string> packagesIn(const std::string& depends, std::string_view stem)
{
    std::vector<std::string> names;
    for (std::size_t begin = depends.find(stem); begin != std::string::npos;) {
        const std::size_t end = std::min(depends.find_first_of(" ,|(:", begin), depends.size());
        if (begin == 0 || depends[begin - 1] == ' ' || depends[begin - 1] == '|')
            names.push_back(depends.substr(begin, end - begin));
        begin = depends.find(stem, end);
    }
    return names;
}

std::string packageIn(const std::string& depends, std::string_view stem)
{
    const auto names = packagesIn(depends, stem);
    return names.empty() ? std::string() : names.front();
}

core::Result<FetchedGuest> fetchGuest(const GuestRecipe& recipe, const FetchOptions& options,
    const core::Progress& progress, const core::CancelFlag* cancel)
{
    if (!recipe.isBuiltHere())
        return Fetch(recipe, options, progress, cancel).run();
    ASSIGN_OR_RETURN(auto kernel, findBuiltGuest(recipe.name));
    core::Result<FetchedGuest> guest = FetchedGuest{recipe, {}, false, {}};
    if (!recipe.hypervisorPackage.empty())
        guest = Fetch(recipe, options, progress, cancel).run();
    if (!guest)
        return guest;
    guest->files.kernel = std::move(kernel);
    guest->files.kernelPackage = "built with this program";
    return guest;
}

} // namespace pgtscope::gdb
