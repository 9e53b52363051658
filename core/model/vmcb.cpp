// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/model/vmcb.h"

#include <algorithm>
#include <cstring>

namespace pgtscope::core {

namespace {

// Places in the block, in bytes; the saved state begins at 0x400.
constexpr std::size_t asidAt = 0x58, nestedPagingAt = 0x90, nestedRootAt = 0xb0;
constexpr std::size_t eferAt = 0x4d0, cr4At = 0x548, cr3At = 0x550, cr0At = 0x558, ripAt = 0x578;
/// The word at nestedPagingAt: bit 0 switches nested paging on, bits 1 to 7 are what may come with it.
constexpr std::uint64_t nestedPagingEnable = 1, maxNestedPaging = 0xff;
constexpr std::size_t maxBlocks = 256;
constexpr std::size_t bytesAtOnce = std::size_t{1} << 20;

template <class Word>
Word wordAt(std::span<const std::byte, frameBytes> page, std::size_t offset)
{
    Word word = 0;
    std::memcpy(&word, page.data() + offset, sizeof word);
    return word;
}

/// Adds the blocks among whole pages.
void addFrom(std::span<const std::byte> bytes, PhysicalAddress begin, const PhysicalMemory& memory,
    std::vector<Vmcb>& found)
{
    for (std::size_t at = 0; at + frameBytes <= bytes.size() && found.size() < maxBlocks; at += frameBytes)
        if (auto block = vmcbIn(bytes.subspan(at).first<frameBytes>(), begin + at, memory))
            found.push_back(*block);
}

} // namespace

std::optional<Vmcb> vmcbIn(
    std::span<const std::byte, frameBytes> page, PhysicalAddress address, const PhysicalMemory& memory)
{
    const auto paging = wordAt<std::uint64_t>(page, nestedPagingAt);
    if ((paging & nestedPagingEnable) == 0 || paging > maxNestedPaging
        || wordAt<std::uint32_t>(page, asidAt) == 0)
        return std::nullopt;
    Vmcb block;
    block.address = address;
    block.nestedRoot = PhysicalAddress(wordAt<std::uint64_t>(page, nestedRootAt));
    block.saved.efer = wordAt<std::uint64_t>(page, eferAt);
    block.saved.cr4 = wordAt<std::uint64_t>(page, cr4At);
    block.saved.cr3 = wordAt<std::uint64_t>(page, cr3At);
    block.saved.cr0 = wordAt<std::uint64_t>(page, cr0At);
    block.savedRip = wordAt<std::uint64_t>(page, ripAt);
    const bool root = block.nestedRoot.value != 0 && block.nestedRoot.value % frameBytes == 0
        && memory.readable(block.nestedRoot, frameBytes);
    return root && (block.saved.efer & eferSvme) != 0 ? std::optional(block) : std::nullopt;
}

Result<std::vector<Vmcb>> findVmcbs(PhysicalMemory& memory, const CancelFlag* cancel)
{
    std::vector<Vmcb> found;
    std::vector<std::byte> buffer;
    for (const PhysicalRange& range : memory.ramMap().ranges()) {
        for (PhysicalAddress at = range.begin; at < range.end;) {
            if (cancel != nullptr && cancel->cancelled())
                return failure("look for control blocks of nested guests", "cancelled");
            const std::uint64_t left = range.end - at;
            auto bytes
                = memory.mappedRange(at, std::min<std::uint64_t>(left, bytesAtOnce) & ~(frameBytes - 1));
            const std::uint64_t count
                = bytes.empty() ? std::min<std::uint64_t>(left, bytesAtOnce) : bytes.size();
            if (bytes.empty()) {
                buffer.resize(count);
                PhysicalRead read{at, buffer};
                RETURN_IF_ERROR(memory.read(std::span(&read, 1)));
                bytes = read.ok ? std::span<const std::byte>(buffer) : std::span<const std::byte>();
            }
            addFrom(bytes, at, memory, found);
            at = at + count;
        }
    }
    return found;
}

} // namespace pgtscope::core
