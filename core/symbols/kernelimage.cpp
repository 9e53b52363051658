// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/kernelimage.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "core/symbols/bytes.h"
#include "core/symbols/debpackage.h"
#include "core/symbols/filebytes.h"
#include "core/symbols/filekind.h"
#include "core/symbols/payload.h"

namespace pgtscope::core {

namespace {

using namespace std::string_view_literals;

// Fields of the setup header; Documentation/arch/x86/boot.rst (v6.6), "The Real-Mode Kernel Header".
constexpr std::uint64_t setupSectors = 0x1f1;
constexpr std::uint64_t headerMagic = 0x202;
constexpr std::uint64_t protocolVersion = 0x206;
constexpr std::uint64_t kernelAlignment = 0x230;
constexpr std::uint64_t payloadOffset = 0x248;
constexpr std::uint64_t payloadLength = 0x24c;
constexpr std::uint64_t sectorBytes = 512;
constexpr std::uint32_t hdrS = 0x53726448;
constexpr unsigned firstWithPayload = 0x208;

constexpr const char* kernelAdvice = "give a bzImage, a vmlinux or a System.map";
/// A packed UKI inside a package is two deep.
constexpr unsigned maxWrappings = 4;

constexpr std::string_view bannerStart = "Linux version ";
/// Longer than any banner; the kernel's own /proc/version line is a few hundred bytes.
constexpr std::size_t maxBannerBytes = 1024;

bool isBzImage(std::span<const std::byte> file)
{
    return littleEndianAt<std::uint32_t>(file, headerMagic) == hdrS;
}

bool isElf(std::span<const std::byte> file) { return littleEndianAt<std::uint32_t>(file, 0) == 0x464c457f; }

} // namespace

Result<KernelImage> KernelImage::open(const std::string& path)
{
    ASSIGN_OR_RETURN(auto head, readFileStart(path, 4));
    if (isElf(head)) {
        return fromElfFile(path);
    }
    ASSIGN_OR_RETURN(auto file, readFile(path, maxUnpackedBytes));
    return fromBytes(std::move(file), path);
}

Result<KernelImage> KernelImage::fromBytes(std::vector<std::byte> file, const std::string& name)
{
    return unwrap(std::move(file), name, 0);
}

/// A kernel may be packed, in a package, in a UKI, or in several of these.
Result<KernelImage> KernelImage::unwrap(std::vector<std::byte> file, const std::string& name, unsigned depth)
{
    const bool deeper = depth < maxWrappings;
    if (isBzImage(file)) {
        return fromBzImage(file, name);
    }
    if (isElf(file)) {
        return fromElfBytes(std::move(file), name);
    }
    if (const auto section = peSection(file, ".linux"); deeper && !section.empty()) {
        return unwrap({section.begin(), section.end()}, "the .linux section of " + name, depth + 1);
    }
    if (deeper && (isDebPackage(file) || isPacked(file))) {
        ASSIGN_OR_RETURN(auto inner, isDebPackage(file) ? kernelInDeb(file, name) : unpackFile(file, name));
        return unwrap(std::move(inner), "what is inside " + name, depth + 1);
    }
    if (const auto kind = foreignKind(file)) {
        return failure("read the kernel " + name, "it is " + std::string(*kind), kernelAdvice);
    }
    KernelImage raw;
    raw.m_bytes = std::move(file);
    return raw;
}

Result<KernelImage> KernelImage::fromBzImage(std::span<const std::byte> file, const std::string& name)
{
    const std::string tried = "find the kernel inside " + name;
    const auto version = littleEndianAt<std::uint16_t>(file, protocolVersion);
    if (version < firstWithPayload) {
        return failure(tried, "its boot protocol is older than 2.08 and does not say where the payload is",
            "give the vmlinux");
    }
    const auto sectors = littleEndianAt<std::uint8_t>(file, setupSectors);
    // 0 means 4, says the boot protocol.
    const std::uint64_t start = ((sectors == 0 ? 4U : sectors) + 1U) * sectorBytes
        + littleEndianAt<std::uint32_t>(file, payloadOffset);
    const std::uint64_t length = littleEndianAt<std::uint32_t>(file, payloadLength);
    if (start > file.size() || length > file.size() - start) {
        return failure(tried, "the payload reaches beyond the end of the file", "check that it is complete");
    }
    ASSIGN_OR_RETURN(auto unpacked, unpackPayload(file.subspan(start, length)));
    auto image = fromElfBytes(std::move(unpacked), "the payload of " + name);
    if (image) {
        image->m_kind = KernelFileKind::BzImage;
        image->m_alignment = littleEndianAt<std::uint32_t>(file, kernelAlignment);
    }
    return image;
}

Result<KernelImage> KernelImage::fromElfBytes(std::vector<std::byte> bytes, const std::string& name)
{
    KernelImage image;
    image.m_bytes = std::move(bytes);
    ASSIGN_OR_RETURN(auto elf, ElfFile::fromMemory(image.m_bytes, name));
    image.describe(elf);
    image.m_kind = KernelFileKind::PackedElf;
    return image;
}

Result<KernelImage> KernelImage::fromElfFile(const std::string& path)
{
    ASSIGN_OR_RETURN(auto elf, ElfFile::open(path));
    if (const auto kind = elf.foreignKind(); !kind.empty()) {
        return failure("read the kernel " + path, "it is " + std::string(kind), kernelAdvice);
    }
    KernelImage image;
    image.describe(elf);
    for (KernelSegment& segment : image.m_segments) {
        // Tables inside keep the alignment that they have in memory.
        const std::uint64_t at
            = alignedUp(image.m_bytes.size(), frameBytes) + segment.link.value % frameBytes;
        if (segment.fileBytes > maxUnpackedBytes || at + segment.fileBytes > maxUnpackedBytes) {
            return failure("load " + path, "its segments are larger than any kernel");
        }
        image.m_bytes.resize(at + segment.fileBytes);
        if (!elf.read(segment.offset, std::span(image.m_bytes).subspan(at))) {
            return failure("load " + path, "the file ends inside a segment", "check that it is complete");
        }
        segment.offset = at;
    }
    return image;
}

void KernelImage::describe(const ElfFile& elf)
{
    m_kind = KernelFileKind::Elf;
    m_pointerBytes = elf.pointerBytes();
    m_segments = elf.segments();
    m_hasDwarf = elf.hasSection(".debug_info");
}

bool KernelImage::read(LinearAddress link, std::span<std::byte> into) const
{
    for (const KernelSegment& segment : m_segments) {
        const std::uint64_t inside = link - segment.link;
        if (inside >= segment.memoryBytes || into.size() > segment.memoryBytes - inside) {
            continue;
        }
        const std::uint64_t stored = inside < segment.fileBytes ? segment.fileBytes - inside : 0;
        const std::size_t copied = std::min<std::size_t>(stored, into.size());
        std::copy_n(m_bytes.begin() + static_cast<std::ptrdiff_t>(segment.offset + (copied > 0 ? inside : 0)),
            copied, into.begin());
        std::fill(into.begin() + static_cast<std::ptrdiff_t>(copied), into.end(), std::byte{0});
        return true;
    }
    return false;
}

std::optional<LinearAddress> KernelImage::linkAddress(std::uint64_t offset) const
{
    for (const KernelSegment& segment : m_segments) {
        if (offset >= segment.offset && offset - segment.offset < segment.fileBytes) {
            return segment.link + (offset - segment.offset);
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> KernelImage::offsetOf(LinearAddress link) const
{
    for (const KernelSegment& segment : m_segments) {
        if (link - segment.link < segment.fileBytes) {
            return segment.offset + (link - segment.link);
        }
    }
    return std::nullopt;
}

/// The banner ends in a newline and a NUL; format strings that begin alike ("%s version %s") do not.
std::optional<std::string> KernelImage::bannerTextAt(std::uint64_t offset) const
{
    const auto rest = std::span(m_bytes).subspan(offset);
    const auto* text = reinterpret_cast<const char*>(rest.data());
    const std::string_view window(text, std::min(rest.size(), maxBannerBytes));
    const std::size_t end = window.find('\0');
    if (end == std::string_view::npos || !window.starts_with(bannerStart) || window[end - 1] != '\n') {
        return std::nullopt;
    }
    return std::string(window.substr(0, end));
}

std::optional<KernelBanner> KernelImage::banner(std::optional<LinearAddress> symbol) const
{
    if (symbol) {
        const auto offset = offsetOf(*symbol);
        auto text = offset ? bannerTextAt(*offset) : std::nullopt;
        return text ? std::optional<KernelBanner>({*symbol, std::move(*text)}) : std::nullopt;
    }
    // Since 6.1 a weak, unfinished copy comes first; the linker puts the real one last (init/version.c).
    const std::string_view all(reinterpret_cast<const char*>(m_bytes.data()), m_bytes.size());
    for (std::size_t at = all.rfind(bannerStart); at != std::string_view::npos;
         at = at == 0 ? std::string_view::npos : all.rfind(bannerStart, at - 1)) {
        auto text = bannerTextAt(at);
        const auto link = linkAddress(at);
        if (text && link) {
            return KernelBanner{*link, std::move(*text)};
        }
    }
    return std::nullopt;
}

} // namespace pgtscope::core
