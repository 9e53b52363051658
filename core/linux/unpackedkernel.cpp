// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/unpackedkernel.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/linux/events.h"

namespace pgtscope::core {

namespace {

/// A function whose address is in a variable (arch/x86/kernel/head_64.S).
const BootEvent& pointedTo()
{
    return firstEvent([](const BootEvent& event) { return !event.pointer.empty(); });
}

std::optional<LinearAddress> pointer(const SymbolTable& symbols) { return symbols.find(pointedTo().pointer); }
std::optional<LinearAddress> target(const SymbolTable& symbols)
{
    return symbols.find(pointedTo().symbols.front());
}

constexpr std::size_t maxFiles = 3; // KVM takes four breakpoints
constexpr std::size_t headerBytes = 20;
constexpr std::uint64_t maxImageBytes = std::uint64_t{1} << 30; // KERNEL_IMAGE_SIZE, page_64_types.h

bool isElf64(std::span<const std::byte, headerBytes> header)
{
    constexpr std::array<unsigned char, 6> ident{0x7f, 'E', 'L', 'F', 2, 1}; // 64 bits, little-endian
    constexpr std::array<unsigned char, 2> machine{62, 0}; // EM_X86_64
    return std::memcmp(header.data(), ident.data(), ident.size()) == 0
        && std::memcmp(header.data() + 18, machine.data(), machine.size()) == 0;
}

std::vector<PhysicalAddress> placesIn(const RamMap& ram, std::uint64_t alignment)
{
    std::vector<PhysicalAddress> places;
    for (const PhysicalRange& range : ram.ranges()) {
        const std::uint64_t first = (range.begin.value + alignment - 1) / alignment * alignment;
        for (std::uint64_t at = first; at < range.end.value; at += alignment)
            places.emplace_back(at);
    }
    return places;
}

bool readAll(PhysicalMemory& memory, PhysicalAddress address, std::span<std::byte> bytes)
{
    PhysicalRead read{address, bytes};
    return memory.readable(address, bytes.size()) && memory.read(std::span(&read, 1)) && read.ok;
}

} // namespace

bool canBeSeenUnpacked(const SymbolTable& symbols, const SlideClues& clues)
{
    return clues.pointerBytes == 8 && !clues.banner.text.empty() && pointer(symbols) && target(symbols);
}

Result<std::vector<PhysicalAddress>> elfFilesInRam(PhysicalMemory& memory, const SlideClues& clues)
{
    const auto places = placesIn(memory.ramMap(), slideStep(clues));
    std::vector<std::array<std::byte, headerBytes>> headers(places.size());
    std::vector<PhysicalRead> reads;
    reads.reserve(places.size());
    for (std::size_t i = 0; i < places.size(); ++i)
        reads.push_back({places[i], headers[i]});
    RETURN_IF_ERROR(memory.read(reads));
    std::vector<PhysicalAddress> found;
    for (std::size_t i = 0; i < reads.size() && found.size() < maxFiles; ++i)
        if (reads[i].ok && isElf64(headers[i]))
            found.push_back(places[i]);
    return found;
}

std::optional<std::uint64_t> slideOfUnpacked(
    const SymbolTable& symbols, const SlideClues& clues, PhysicalMemory& memory, PhysicalAddress text)
{
    if (!canBeSeenUnpacked(symbols, clues))
        return std::nullopt;
    std::vector<std::byte> banner(clues.banner.text.size());
    if (!readAll(memory, text + (clues.banner.link - clues.text), banner)
        || std::memcmp(banner.data(), clues.banner.text.data(), banner.size()) != 0)
        return std::nullopt;
    const std::uint64_t known = symbols.slide();
    std::uint64_t value = 0;
    if (!readAll(memory, text + (pointer(symbols)->value - known - clues.text.value),
            std::as_writable_bytes(std::span(&value, 1))))
        return std::nullopt;
    const std::uint64_t slide = value - (target(symbols)->value - known);
    return isPossibleSlide(clues, slide) ? std::optional(slide) : std::nullopt;
}

std::vector<PhysicalAddress> unpackedAround(
    const SymbolTable& symbols, const SlideClues& clues, PhysicalAddress pc)
{
    std::vector<PhysicalAddress> places;
    const auto end = symbols.find("_end");
    const std::uint64_t bytes = end ? end->value - symbols.slide() - clues.text.value : 0;
    const std::uint64_t step = slideStep(clues);
    for (std::uint64_t at = pc.value / step * step; pc.value - at < std::min(bytes, maxImageBytes);
         at -= step) {
        places.emplace_back(at);
        if (at < step)
            break;
    }
    return places;
}

} // namespace pgtscope::core
