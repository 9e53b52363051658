// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/symbolsource.h"

#include <string_view>

#include "core/symbols/elfsymbols.h"
#include "core/symbols/filebytes.h"
#include "core/symbols/kallsyms.h"
#include "core/symbols/payload.h"
#include "core/symbols/plainname.h"
#include "core/symbols/systemmap.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t maxSystemMapBytes = std::size_t{256} << 20;
constexpr std::size_t headBytes = 512;

std::string_view asText(const std::vector<std::byte>& bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

unsigned pointerBytesOf(const std::vector<Symbol>& symbols)
{
    for (const Symbol& symbol : symbols) {
        if (symbol.address.value > 0xffffffff) {
            return 8;
        }
    }
    return 4;
}

/// A C++ or Rust symbol is there by its plain name as well, in front, so that it is the one shown.
SymbolTable tableOf(std::vector<Symbol> symbols)
{
    std::vector<Symbol> named;
    named.reserve(symbols.size());
    for (Symbol& symbol : symbols) {
        if (isMangled(symbol.name))
            if (std::string plain = plainName(symbol.name); plain != symbol.name)
                named.push_back({symbol.address, std::move(plain), symbol.type});
        named.push_back(std::move(symbol));
    }
    return SymbolTable(std::move(named));
}

Result<KernelSymbols> fromSystemMap(std::string_view text, const std::string& path)
{
    ASSIGN_OR_RETURN(auto symbols, parseSystemMap(text, path));
    KernelSymbols result;
    result.path = path;
    result.origin = SymbolOrigin::SystemMap;
    result.pointerBytes = pointerBytesOf(symbols);
    result.table = tableOf(std::move(symbols));
    result.text = result.table.find("_text");
    return result;
}

Result<void> fillFromKallsyms(KernelSymbols& result, const KernelImage& image)
{
    const auto linkOf = [&image](std::uint64_t offset) { return image.linkAddress(offset); };
    const bool knowsPlaces = !image.segments().empty();
    ASSIGN_OR_RETURN(auto decoded,
        decodeKallsyms(
            image.bytes(), image.pointerBytes(), knowsPlaces ? LinkAddressOf(linkOf) : LinkAddressOf()));
    result.origin = SymbolOrigin::Kallsyms;
    result.pointerBytes = decoded.pointerBytes;
    result.table = tableOf(std::move(decoded.symbols));
    return {};
}

Result<void> fillFromElf(KernelSymbols& result, const KernelImage& image, const std::string& path)
{
    const bool onDisk = image.kind() == KernelFileKind::Elf;
    ASSIGN_OR_RETURN(auto elf, onDisk ? ElfFile::open(path) : ElfFile::fromMemory(image.bytes(), path));
    ASSIGN_OR_RETURN(auto symbols, readElfSymbols(elf, path));
    if (symbols.empty()) {
        return failure("read the symbols of " + path, "its symbol table is empty");
    }
    result.origin = SymbolOrigin::ElfSymbols;
    result.pointerBytes = elf.pointerBytes();
    result.table = tableOf(std::move(symbols));
    return {};
}

void addImageFacts(KernelSymbols& result, const KernelImage& image, const std::string& path)
{
    result.alignment = image.alignment();
    result.segments = image.segments();
    result.text = result.table.find("_text");
    if (!result.text && !image.segments().empty()) {
        result.text = image.segments().front().link;
    }
    result.banner = image.banner(result.table.find("linux_banner"));
    if (image.kind() == KernelFileKind::Elf) {
        result.gdbFile = path;
        result.hasDwarf = image.hasDwarf();
    }
}

} // namespace

namespace {

Result<KernelSymbols> fromImage(const KernelImage& image, const std::string& path)
{
    KernelSymbols result;
    result.path = path;
    result.pointerBytes = image.pointerBytes() == 0 ? result.pointerBytes : image.pointerBytes();
    const bool elf = image.kind() == KernelFileKind::Elf || image.kind() == KernelFileKind::PackedElf;
    if (!elf || !fillFromElf(result, image, path)) {
        if (auto decoded = fillFromKallsyms(result, image); !decoded) {
            decoded.error().tried += " in " + path;
            // Bytes without headers are known for a kernel's by these tables alone.
            if (image.kind() == KernelFileKind::Raw) {
                return tl::unexpected(decoded.error());
            }
            result.undecoded = decoded.error();
        }
    }
    addImageFacts(result, image, path);
    return result;
}

Result<KernelSymbols> fromPackedFile(const std::string& path)
{
    ASSIGN_OR_RETURN(auto file, readFile(path, maxUnpackedBytes));
    ASSIGN_OR_RETURN(auto unpacked, unpackFile(file, path));
    if (looksLikeSystemMap(asText(unpacked))) {
        return fromSystemMap(asText(unpacked), path);
    }
    ASSIGN_OR_RETURN(auto image, KernelImage::fromBytes(std::move(unpacked), "what is inside " + path));
    return fromImage(image, path);
}

} // namespace

Result<KernelSymbols> loadKernelFile(const std::string& path)
{
    ASSIGN_OR_RETURN(auto head, readFileStart(path, headBytes));
    if (looksLikeSystemMap(asText(head))) {
        ASSIGN_OR_RETURN(const auto file, readFile(path, maxSystemMapBytes));
        return fromSystemMap(asText(file), path);
    }
    if (isPacked(head)) {
        return fromPackedFile(path);
    }
    ASSIGN_OR_RETURN(auto image, KernelImage::open(path));
    return fromImage(image, path);
}

Result<KernelSymbols> loadKernelSymbols(const std::string& path)
{
    auto kernel = loadKernelFile(path);
    return kernel && kernel->undecoded ? tl::unexpected(*kernel->undecoded) : std::move(kernel);
}

} // namespace pgtscope::core
