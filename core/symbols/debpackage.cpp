// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/debpackage.h"

#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <cstring>
#include <memory>
#include <ostream>
#include <string>

#include "core/base/wholefile.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t blockBytes = 65536;
constexpr la_int64_t maxBytes = 512LL << 20;

/// How deb(5) has data.tar packed. libarchive's "all" would start programs for the formats that it lacks.
constexpr std::array dataFilters{archive_read_support_filter_gzip, archive_read_support_filter_bzip2,
    archive_read_support_filter_xz, archive_read_support_filter_lzma, archive_read_support_filter_zstd};

struct FreeReader {
    void operator()(archive* reader) const { archive_read_free(reader); }
};
using DebReader = std::unique_ptr<archive, FreeReader>;

struct Work {
    std::string tried;
    const std::function<bool(std::string_view)>& wanted;
    const CancelFlag* cancel;

    bool cancelled() const { return cancel != nullptr && cancel->cancelled(); }
    tl::unexpected<Error> failed(std::string happened) const { return failure(tried, std::move(happened)); }
    tl::unexpected<Error> failed(archive* reader) const
    {
        const char* text = archive_error_string(reader);
        return failed(text != nullptr ? text : "the package is damaged");
    }
};

/// The data member is an archive inside an archive: the inner reader pulls its bytes from the outer one.
struct Nested {
    archive* outer = nullptr;
    std::array<char, blockBytes> block{};
};

la_ssize_t readOuter(archive*, void* client, const void** bytes)
{
    auto* nested = static_cast<Nested*>(client);
    *bytes = nested->block.data();
    return archive_read_data(nested->outer, nested->block.data(), nested->block.size());
}

/// Hands the data of the entry at hand to `sink` in blocks; `total` goes on from entry to entry.
Result<void> readEntry(
    archive* reader, const Work& work, la_int64_t& total, const std::function<bool(std::string_view)>& sink)
{
    std::array<char, blockBytes> block{};
    while (true) {
        la_ssize_t count = archive_read_data(reader, block.data(), block.size());
        if (count < 0)
            return work.failed(reader);
        if (work.cancelled())
            return work.failed("cancelled");
        if (count == 0)
            return {};
        // The size in the header is only a claim.
        if ((total += count) > maxBytes)
            return work.failed("the file to be read from it is larger than 512 MiB");
        if (!sink({block.data(), static_cast<std::size_t>(count)}))
            return work.failed("the file that was read could not be written");
    }
}

/// What a visit of an entry leads to: `false` ends the search.
using Visit = std::function<Result<bool>(archive* reader, archive_entry* entry, std::string_view path)>;

Result<void> searchData(archive* outer, const Work& work, const Visit& visit)
{
    DebReader inner(archive_read_new());
    for (const auto enable : dataFilters)
        if (enable(inner.get()) != ARCHIVE_OK)
            return work.failed(inner.get());
    archive_read_support_format_tar(inner.get());
    auto nested = std::make_unique<Nested>();
    nested->outer = outer;
    if (archive_read_open(inner.get(), nested.get(), nullptr, readOuter, nullptr) != ARCHIVE_OK)
        return work.failed(inner.get());
    archive_entry* entry = nullptr;
    while (true) {
        int status = archive_read_next_header(inner.get(), &entry);
        if (status == ARCHIVE_EOF)
            return {};
        if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
            return work.failed(inner.get());
        if (work.cancelled())
            return work.failed("cancelled");
        const char* name = archive_entry_pathname(entry);
        std::string_view path = name != nullptr ? name : "";
        if (path.starts_with("./"))
            path.remove_prefix(2);
        if (!work.wanted(path))
            continue;
        ASSIGN_OR_RETURN(const auto goOn, visit(inner.get(), entry, path));
        if (!goOn)
            return {};
    }
}

/// What opens the package: a file, or bytes in memory.
using OpenPackage = std::function<int(archive* reader)>;

OpenPackage fromFile(const std::filesystem::path& package)
{
    return [&package](
               archive* reader) { return archive_read_open_filename(reader, package.c_str(), blockBytes); };
}

Result<void> searchPackage(const OpenPackage& open, const Work& work, const Visit& visit)
{
    DebReader outer(archive_read_new());
    archive_read_support_format_ar(outer.get());
    if (open(outer.get()) != ARCHIVE_OK)
        return work.failed(outer.get());
    archive_entry* entry = nullptr;
    int status = ARCHIVE_OK;
    while ((status = archive_read_next_header(outer.get(), &entry)) == ARCHIVE_OK) {
        const char* name = archive_entry_pathname(entry);
        if (name != nullptr && std::string_view(name).starts_with("data.tar"))
            return searchData(outer.get(), work, visit);
    }
    return status == ARCHIVE_EOF ? work.failed("it has no data.tar") : work.failed(outer.get());
}

} // namespace

Result<void> extractFromDeb(const std::filesystem::path& package,
    const std::function<bool(std::string_view path)>& wanted, const std::filesystem::path& destination,
    const CancelFlag* cancel)
{
    const Work work{"unpack " + package.filename().string(), wanted, cancel};
    bool found = false;
    const auto copy = [&](archive* reader, archive_entry* entry, std::string_view) -> Result<bool> {
        if (archive_entry_filetype(entry) != AE_IFREG)
            return true;
        found = true;
        RETURN_IF_ERROR(writeWhole(destination, Existing::Replace, [&](std::ostream& out) {
            la_int64_t total = 0;
            return readEntry(reader, work, total, [&out](std::string_view block) {
                return out.write(block.data(), static_cast<std::streamsize>(block.size())).good();
            });
        }));
        return false;
    };
    auto searched = searchPackage(fromFile(package), work, copy);
    return searched && !found ? work.failed("the wanted file is not in it") : searched;
}

namespace {

Result<std::vector<PackedFile>> readFiles(const OpenPackage& open, const Work& work)
{
    std::vector<PackedFile> files;
    la_int64_t total = 0;
    const auto take = [&](archive* reader, archive_entry* entry, std::string_view path) -> Result<bool> {
        PackedFile file;
        file.path = path;
        file.executable = (archive_entry_perm(entry) & 0111) != 0;
        if (archive_entry_filetype(entry) == AE_IFLNK) {
            const char* target = archive_entry_symlink(entry);
            file.isLink = true;
            file.content = target != nullptr ? target : "";
        } else if (archive_entry_filetype(entry) == AE_IFREG) {
            const auto done = readEntry(reader, work, total, [&file](std::string_view block) {
                file.content += block;
                return true;
            });
            RETURN_IF_ERROR(done);
        } else {
            return true;
        }
        files.push_back(std::move(file));
        return true;
    };
    RETURN_IF_ERROR(searchPackage(open, work, take));
    return files;
}

} // namespace

Result<std::vector<PackedFile>> readFromDeb(const std::filesystem::path& package,
    const std::function<bool(std::string_view path)>& wanted, const CancelFlag* cancel)
{
    return readFiles(fromFile(package), Work{"unpack " + package.filename().string(), wanted, cancel});
}

bool isDebPackage(std::span<const std::byte> bytes)
{
    constexpr std::string_view start = "!<arch>\ndebian-binary";
    return bytes.size() >= start.size() && std::memcmp(bytes.data(), start.data(), start.size()) == 0;
}

bool isKernelPath(std::string_view path)
{
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const std::string_view directory = path.substr(0, path.size() - name.size());
    if (directory == "boot/")
        return name.starts_with("vmlinuz-");
    if (directory == "usr/lib/debug/boot/")
        return name.starts_with("vmlinux-");
    const bool ofModules = directory.starts_with("usr/lib/modules/") || directory.starts_with("lib/modules/");
    const bool ofDebug = directory.starts_with("usr/lib/debug/lib/modules/")
        || directory.starts_with("usr/lib/debug/usr/lib/modules/");
    return (ofModules && name == "vmlinuz") || (ofDebug && name == "vmlinux");
}

Result<std::vector<std::byte>> kernelInDeb(std::span<const std::byte> package, const std::string& name)
{
    const std::function<bool(std::string_view)> wanted = isKernelPath;
    const Work work{"find the kernel inside " + name, wanted, nullptr};
    const OpenPackage open = [package](archive* reader) {
        return archive_read_open_memory(reader, package.data(), package.size());
    };
    ASSIGN_OR_RETURN(auto files, readFiles(open, work));
    for (const PackedFile& file : files) {
        if (file.isLink)
            continue;
        const auto* start = reinterpret_cast<const std::byte*>(file.content.data());
        return std::vector<std::byte>(start, start + file.content.size());
    }
    return failure(work.tried, "the package holds no kernel image",
        "give the linux-image package; since Linux 7.2 Debian has the image in linux-binary-VERSION");
}

} // namespace pgtscope::core
