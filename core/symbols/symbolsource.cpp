// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/symbolsource.h"

#include <string_view>

#include "core/symbols/elfsymbols.h"
#include "core/symbols/filebytes.h"
#include "core/symbols/kallsyms.h"
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

Result<KernelSymbols> fromSystemMap(const std::string& path)
{
    ASSIGN_OR_RETURN(auto file, readFile(path, maxSystemMapBytes));
    ASSIGN_OR_RETURN(auto symbols, parseSystemMap(asText(file), path));
    KernelSymbols result;
    result.path = path;
    result.origin = SymbolOrigin::SystemMap;
    result.pointerBytes = pointerBytesOf(symbols);
    result.table = SymbolTable(std::move(symbols));
    result.text = result.table.find("_text");
    return result;
}

Result<void> fillFromKallsyms(KernelSymbols& result, const KernelImage& image)
{
    ASSIGN_OR_RETURN(auto decoded, decodeKallsyms(image.bytes(), image.pointerBytes()));
    result.origin = SymbolOrigin::Kallsyms;
    result.pointerBytes = decoded.pointerBytes;
    result.table = SymbolTable(std::move(decoded.symbols));
    return {};
}

Result<void> fillFromElf(KernelSymbols& result, const std::string& path)
{
    ASSIGN_OR_RETURN(auto elf, ElfFile::open(path));
    ASSIGN_OR_RETURN(auto symbols, readElfSymbols(elf, path));
    result.origin = SymbolOrigin::ElfSymbols;
    result.pointerBytes = elf.pointerBytes();
    result.table = SymbolTable(std::move(symbols));
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

Result<KernelSymbols> loadKernelSymbols(const std::string& path)
{
    ASSIGN_OR_RETURN(auto head, readFileStart(path, headBytes));
    if (looksLikeSystemMap(asText(head))) {
        return fromSystemMap(path);
    }
    auto image = KernelImage::open(path);
    RETURN_IF_ERROR(image);
    KernelSymbols result;
    result.path = path;
    const bool fromSymtab = image->kind() == KernelFileKind::Elf && fillFromElf(result, path);
    if (!fromSymtab) {
        if (auto decoded = fillFromKallsyms(result, *image); !decoded) {
            decoded.error().tried += " in " + path;
            return tl::unexpected(decoded.error());
        }
    }
    addImageFacts(result, *image, path);
    return result;
}

} // namespace pgtscope::core
