// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/filekind.h"

#include <algorithm>
#include <array>

#include "core/symbols/bytes.h"

namespace pgtscope::core {

namespace {

using namespace std::string_view_literals;

struct Magic {
    std::size_t at;
    std::string_view bytes;
    std::string_view kind;
};

/// What lies beside kernels in real directories, most telling first.
constexpr std::array magics{
    Magic{0, "#!"sv, "a script"sv},
    Magic{0, "070701"sv, "a cpio archive, an initramfs"sv},
    Magic{0, "070702"sv, "a cpio archive, an initramfs"sv},
    Magic{0, "SQLite format 3\0"sv, "an SQLite database, perhaps a recording of pgtscope"sv},
    Magic{0, "QFI\xfb"sv, "a qcow2 disk image"sv},
    Magic{0, "KDMV"sv, "a VMDK disk image"sv},
    Magic{0, "KDUMP   "sv, "a crash dump of kdump"sv},
    Magic{0, "PK\x03\x04"sv, "a ZIP archive"sv},
    Magic{0, "\x89PNG"sv, "a PNG picture"sv},
    Magic{0, "\xff\xd8\xff"sv, "a JPEG picture"sv},
    Magic{0, "%PDF"sv, "a PDF document"sv},
    Magic{0, "\xd0\x0d\xfe\xed"sv, "a device tree"sv},
    Magic{0, "hsqs"sv, "a squashfs file system"sv},
    Magic{0, "LUKS\xba\xbe"sv, "an encrypted disk"sv},
    Magic{257, "ustar"sv, "a tar archive"sv},
    Magic{0x8001, "CD001"sv, "an ISO 9660 image"sv},
    Magic{0, "MZ"sv, "an EFI or Windows program without a kernel inside"sv},
    Magic{510, "\x55\xaa"sv, "a boot sector or a disk image"sv},
};

bool hasAt(std::span<const std::byte> file, std::size_t at, std::string_view bytes)
{
    return at <= file.size() && bytes.size() <= file.size() - at
        && std::memcmp(file.data() + at, bytes.data(), bytes.size()) == 0;
}

bool looksLikeText(std::span<const std::byte> file)
{
    constexpr std::size_t enough = 512;
    const auto head = file.first(std::min(file.size(), enough));
    return std::all_of(head.begin(), head.end(), [](std::byte b) {
        const auto c = std::to_integer<unsigned char>(b);
        return c >= 0x20 || c == '\n' || c == '\r' || c == '\t' || c == '\f';
    });
}

} // namespace

std::optional<std::string_view> foreignKind(std::span<const std::byte> file)
{
    if (file.empty()) {
        return "empty"sv;
    }
    for (const Magic& one : magics) {
        if (hasAt(file, one.at, one.bytes)) {
            return one.kind;
        }
    }
    return looksLikeText(file) ? std::optional("a text file, but no System.map"sv) : std::nullopt;
}

std::span<const std::byte> peSection(std::span<const std::byte> file, std::string_view name)
{
    constexpr std::size_t headerOffsetAt = 0x3c;
    constexpr std::size_t coffBytes = 24; // the signature and the COFF header
    constexpr std::size_t sectionBytes = 40;
    constexpr std::size_t nameBytes = 8;
    const std::uint64_t header = littleEndianAt<std::uint32_t>(file, headerOffsetAt);
    if (!hasAt(file, 0, "MZ"sv) || !hasAt(file, header, "PE\0\0"sv)) {
        return {};
    }
    const auto count = littleEndianAt<std::uint16_t>(file, header + 6);
    const std::uint64_t first = header + coffBytes + littleEndianAt<std::uint16_t>(file, header + 20);
    std::array<char, nameBytes> padded{};
    std::copy_n(name.begin(), std::min(name.size(), nameBytes), padded.begin());
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = first + i * sectionBytes;
        if (!hasAt(file, at, {padded.data(), padded.size()})) {
            continue;
        }
        // The data on disk is padded to the file's alignment; the virtual size is the content's.
        const std::uint64_t bytes = std::min(
            littleEndianAt<std::uint32_t>(file, at + 8), littleEndianAt<std::uint32_t>(file, at + 16));
        const std::uint64_t offset = littleEndianAt<std::uint32_t>(file, at + 20);
        if (offset <= file.size() && bytes <= file.size() - offset) {
            return file.subspan(offset, bytes);
        }
    }
    return {};
}

} // namespace pgtscope::core
