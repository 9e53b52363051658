// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/xensymbols.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/symbols/bytes.h"
#include "core/symbols/kallsyms.h"
#include "core/symbols/kernelimage.h"

namespace pgtscope::core {

namespace {

/// XEN_VIRT_START begins a GiB of the 512 GiB that hold Xen's text (asm-x86/config.h: 0xffff82c480000000 up
/// to 4.2, 0xffff82d080000000, 0xffff82d040000000 since 4.14). The multiboot header, of 32 bits, does not
/// have it: most of the pointers in the image do.
std::optional<LinearAddress> originOf(std::span<const std::byte> image)
{
    constexpr std::uint64_t textArea = 0xffff82;
    constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;
    constexpr std::size_t enough = 16; // Xen 4.17 has 2,298, and 30 into the area of its frame table
    std::map<std::uint64_t, std::size_t> pointers;
    for (std::uint64_t at = 0; at + 8 <= image.size(); at += 8)
        if (const auto word = littleEndianAt<std::uint64_t>(image, at); word >> 40 == textArea)
            ++pointers[word & ~(gibibyte - 1)];
    const auto most = std::max_element(pointers.begin(), pointers.end(),
        [](const auto& left, const auto& right) { return left.second < right.second; });
    if (most == pointers.end() || most->second < enough)
        return std::nullopt;
    return LinearAddress(most->first);
}

} // namespace

Result<SymbolTable> loadXenSymbols(const std::string& path)
{
    ASSIGN_OR_RETURN(const auto image, KernelImage::open(path));
    auto decoded = decodeKallsyms(image.bytes(), 8, {}, originOf(image.bytes()));
    if (!decoded)
        return failure("read the names in Xen's image " + path, decoded.error().happened,
            "boot a xen.gz as Xen's build or the distribution makes it, whose names are in it");
    for (Symbol& symbol : decoded->symbols) {
        if (const auto file = symbol.name.rfind('#'); file != std::string::npos)
            symbol.name.erase(0, file + 1);
        if (const auto mark = symbol.name.find('.', 1); mark != std::string::npos)
            symbol.name.erase(mark);
    }
    return SymbolTable(std::move(decoded->symbols));
}

std::string xenName(const SymbolTable& xen, LinearAddress address)
{
    const auto at = xen.at(address);
    return at ? "Xen's " + at->text() : "Xen";
}

} // namespace pgtscope::core
