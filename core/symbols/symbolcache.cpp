// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/symbolcache.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <xxhash.h>

#include "core/base/numbers.h"
#include "core/base/packing.h"
#include "core/base/wholefile.h"
#include "core/symbols/bytes.h"
#include "core/symbols/filebytes.h"
#include "core/symbols/systemmap.h"

namespace pgtscope::core {

namespace fs = std::filesystem;

namespace {

/// To be changed with every change of what is packed, or of how symbols are decoded.
constexpr std::uint64_t formatVersion = 2;
constexpr std::uint64_t magic = 0x3173796d74677000; // "\0pgtmys1" in memory order
constexpr std::size_t headerBytes = 24; // magic, version, hash of what follows
constexpr std::size_t maxKernelBytes = std::size_t{64} << 20;
constexpr std::size_t maxEntryBytes = std::size_t{256} << 20;
constexpr std::size_t maxEntries = 16;
constexpr std::size_t leastSymbolBytes = 3;

void packSegments(Packer& packer, const std::vector<KernelSegment>& segments)
{
    packer.number(segments.size());
    for (const KernelSegment& segment : segments)
        for (const std::uint64_t value : {segment.link.value, segment.physical.value, segment.memoryBytes,
                 segment.fileBytes, segment.offset})
            packer.number(value);
}

std::vector<KernelSegment> unpackSegments(Unpacker& unpacker)
{
    std::vector<KernelSegment> segments(unpacker.count(5));
    for (KernelSegment& segment : segments) {
        segment.link = LinearAddress(unpacker.number());
        segment.physical = PhysicalAddress(unpacker.number());
        segment.memoryBytes = unpacker.number();
        segment.fileBytes = unpacker.number();
        segment.offset = unpacker.number();
    }
    return segments;
}

void packNames(Packer& packer, const std::vector<Symbol>& symbols)
{
    packer.number(symbols.size());
    std::uint64_t last = 0;
    for (const Symbol& symbol : symbols) {
        packer.difference(last, symbol.address.value);
        packer.byte(static_cast<std::uint8_t>(symbol.type));
        packer.text(symbol.name);
        last = symbol.address.value;
    }
}

std::vector<Symbol> unpackNames(Unpacker& unpacker)
{
    std::vector<Symbol> symbols(unpacker.count(leastSymbolBytes));
    std::uint64_t last = 0;
    for (Symbol& symbol : symbols) {
        last = unpacker.difference(last);
        symbol.address = LinearAddress(last);
        symbol.type = static_cast<char>(unpacker.byte());
        symbol.name = unpacker.text();
    }
    return symbols;
}

void append(std::vector<std::byte>& bytes, std::uint64_t value)
{
    const auto view = std::as_bytes(std::span(&value, 1));
    bytes.insert(bytes.end(), view.begin(), view.end());
}

std::vector<std::byte> contentOf(const fs::path& entry)
{
    std::error_code error;
    if (!fs::is_regular_file(entry, error))
        return {};
    auto bytes = readFile(entry.string(), maxEntryBytes);
    return bytes ? std::move(*bytes) : std::vector<std::byte>{};
}

/// Boot images, and what they come in: what has to be unpacked and decoded.
bool isWorthCaching(std::span<const std::byte> content)
{
    constexpr std::uint32_t elfStart = 0x464c457f;
    constexpr std::size_t lineBytes = 256;
    const auto head = content.first(std::min(content.size(), lineBytes));
    const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
    return littleEndianAt<std::uint32_t>(content, 0) != elfStart && !looksLikeSystemMap(text);
}

} // namespace

fs::path defaultSymbolCache()
{
    // The specification says that a relative path is to be ignored.
    const char* cache = std::getenv("XDG_CACHE_HOME");
    if (cache != nullptr && *cache == '/')
        return fs::path(cache) / "pgtscope" / "symbols";
    const char* home = std::getenv("HOME");
    return fs::path(home != nullptr && *home == '/' ? home : "/tmp") / ".cache" / "pgtscope" / "symbols";
}

std::vector<std::byte> packKernelSymbols(const KernelSymbols& symbols)
{
    Packer packer;
    packer.byte(static_cast<std::uint8_t>(symbols.origin));
    packer.byte(static_cast<std::uint8_t>(symbols.pointerBytes));
    packer.byte(symbols.text ? 1 : 0);
    packer.number(symbols.text.value_or(LinearAddress()).value);
    packer.byte(symbols.banner ? 1 : 0);
    const KernelBanner banner = symbols.banner.value_or(KernelBanner{});
    packer.number(banner.link.value);
    packer.text(banner.text);
    packer.number(symbols.alignment);
    packSegments(packer, symbols.segments);
    packNames(packer, symbols.table.symbols());
    const Bytes body = packer.take();
    std::vector<std::byte> packed;
    packed.reserve(headerBytes + body.size());
    append(packed, magic);
    append(packed, formatVersion);
    append(packed, XXH3_64bits(body.data(), body.size()));
    packed.insert(packed.end(), body.begin(), body.end());
    return packed;
}

std::optional<KernelSymbols> unpackKernelSymbols(std::span<const std::byte> packed)
{
    if (packed.size() < headerBytes || littleEndianAt<std::uint64_t>(packed, 0) != magic
        || littleEndianAt<std::uint64_t>(packed, 8) != formatVersion)
        return std::nullopt;
    const auto body = packed.subspan(headerBytes);
    if (littleEndianAt<std::uint64_t>(packed, 16) != XXH3_64bits(body.data(), body.size()))
        return std::nullopt;
    Unpacker unpacker(body);
    KernelSymbols symbols;
    const std::uint8_t origin = unpacker.byte();
    symbols.pointerBytes = unpacker.byte();
    const bool hasText = unpacker.byte() == 1;
    const LinearAddress text(unpacker.number());
    const bool hasBanner = unpacker.byte() == 1;
    KernelBanner banner;
    banner.link = LinearAddress(unpacker.number());
    banner.text = unpacker.text();
    symbols.alignment = unpacker.number();
    symbols.segments = unpackSegments(unpacker);
    auto names = unpackNames(unpacker);
    const bool sane = origin == static_cast<std::uint8_t>(SymbolOrigin::Kallsyms)
        && (symbols.pointerBytes == 4 || symbols.pointerBytes == 8);
    if (!unpacker.good() || !unpacker.atEnd() || !sane)
        return std::nullopt;
    symbols.origin = SymbolOrigin::Kallsyms;
    if (hasText)
        symbols.text = text;
    if (hasBanner)
        symbols.banner = std::move(banner);
    symbols.table = SymbolTable(std::move(names));
    return symbols;
}

fs::path SymbolCache::entryOf(std::span<const std::byte> content) const
{
    const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
    return m_directory
        / (hexText(hash.high64, 16).substr(2) + hexText(hash.low64, 16).substr(2) + ".symbols");
}

Result<KernelSymbols> SymbolCache::load(const std::string& path) const
{
    auto kernel = loadFile(path);
    return kernel && kernel->undecoded ? tl::unexpected(*kernel->undecoded) : std::move(kernel);
}

Result<KernelSymbols> SymbolCache::loadFile(const std::string& path) const
{
    // A vmlinux or System.map is quicker read than looked up, and the one too large to be hashed.
    const auto content = readFile(path, maxKernelBytes);
    if (!content || !isWorthCaching(*content))
        return loadKernelFile(path);
    const fs::path entry = entryOf(*content);
    if (auto kept = unpackKernelSymbols(contentOf(entry))) {
        kept->path = path;
        return std::move(*kept);
    }
    auto loaded = loadKernelFile(path);
    if (loaded && loaded->origin == SymbolOrigin::Kallsyms && loaded->gdbFile.empty() && !loaded->undecoded)
        store(entry, *loaded);
    return loaded;
}

void SymbolCache::store(const fs::path& entry, const KernelSymbols& symbols) const
{
    std::error_code error;
    fs::create_directories(m_directory, error);
    const auto packed = packKernelSymbols(symbols);
    // Only saves time: without it the next run reads the image again.
    (void)writeWhole(entry, Existing::Replace, {reinterpret_cast<const char*>(packed.data()), packed.size()});
    prune();
}

void SymbolCache::prune() const
{
    struct Entry {
        fs::file_time_type time;
        fs::path path;
    };
    std::error_code error;
    std::vector<Entry> entries;
    for (fs::directory_iterator at(m_directory, error), end; !error && at != end; at.increment(error)) {
        const auto time = fs::last_write_time(at->path(), error);
        if (!error)
            entries.push_back({time, at->path()});
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.time > b.time; });
    for (std::size_t i = maxEntries; i < entries.size(); ++i)
        fs::remove(entries[i].path, error);
}

} // namespace pgtscope::core
