// SPDX-License-Identifier: GPL-2.0-or-later
// A file that a user takes for a kernel: System.map, ELF, bzImage, UKI, .deb, and what packs them.
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "core/symbols/kernelimage.h"
#include "core/symbols/symbolcache.h"
#include "core/symbols/symbolsource.h"
#include "tests/core/kernelfiles.h"
#include "tests/fuzz/input.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;
using pgtscope::fuzz::Input;
using pgtscope::fuzz::require;

namespace {

/// A file that is in no directory.
class MemoryFile {
public:
    explicit MemoryFile(std::span<const std::byte> bytes)
        : m_descriptor(::memfd_create("fuzz", MFD_CLOEXEC))
    {
        require(m_descriptor >= 0);
        require(::write(m_descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    }
    ~MemoryFile() { ::close(m_descriptor); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    std::string path() const { return "/proc/self/fd/" + std::to_string(m_descriptor); }

private:
    int m_descriptor;
};

/// What a checksum protects can only be reached if it is packed here.
pgtscope::tests::Bytes wrapped(std::uint8_t how, pgtscope::tests::Bytes inner)
{
    switch (how) {
    case 'B':
        return bzImage(packed(inner, "gzip"));
    case 'U':
        return unifiedKernelImage(bzImage(inner));
    case 'D':
        return debPackage("boot/vmlinuz-6.1", inner);
    case 'G':
        return packed(inner, "gzip");
    case 'Z':
        return bzImage(withSizeAppended(packed(inner, "zstd"), inner.size()));
    default:
        return inner;
    }
}

void checkImage(pgtscope::tests::Bytes file)
{
    const auto image = KernelImage::fromBytes(std::move(file), "fuzz");
    if (!image)
        return;
    for (const KernelSegment& segment : image->segments()) {
        require(segment.offset <= image->bytes().size());
        require(segment.fileBytes <= image->bytes().size() - segment.offset);
        std::array<std::byte, 16> bytes{};
        (void)image->read(segment.link + segment.fileBytes - 8, bytes);
        require(segment.fileBytes == 0 || image->linkAddress(segment.offset));
    }
    (void)image->banner(std::nullopt);
}

/// What a cache would keep of it comes out of the cache again.
void checkCache(const KernelSymbols& symbols)
{
    if (symbols.origin != SymbolOrigin::Kallsyms)
        return;
    const auto packed = packKernelSymbols(symbols);
    const auto again = unpackKernelSymbols(packed);
    require(again && packKernelSymbols(*again) == packed);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Input input(data, size);
    const std::uint8_t how = input.byte();
    const auto rest = input.restBytes();
    const auto file = wrapped(how, {rest.begin(), rest.end()});
    checkImage(file);
    const MemoryFile onDisk(file);
    const auto symbols = loadKernelFile(onDisk.path());
    if (!symbols)
        return 0;
    require(symbols->pointerBytes == 4 || symbols->pointerBytes == 8);
    require(symbols->undecoded || !symbols->table.empty());
    for (std::size_t i = 0; i < symbols->table.size(); i += 1 + symbols->table.size() / 16) {
        const Symbol& symbol = symbols->table.symbols()[i];
        require(!symbol.name.empty() && symbols->table.find(symbol.name));
        (void)symbols->table.at(symbol.address);
    }
    checkCache(*symbols);
    return 0;
}
