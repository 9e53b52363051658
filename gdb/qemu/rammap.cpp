// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qemu/rammap.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <set>

namespace pgtscope::gdb {

namespace {

// The text (QEMU softmmu/memory.c, mtree_print_flatview) is a list of flat views:
//
//   FlatView #1
//    AS "memory", root: system
//    AS "cpu-memory-0", root: system
//    Root memory region: system
//     0000000000100000-00000000bfffffff (prio 0, ram): pc.ram @0000000000100000 KVM
//
// The last address is inclusive; "@" is left out where the offset is 0; address spaces with equal views share
// one. A name may hold spaces.

/// More flat ranges than any machine shows; bounds the work on hostile text.
constexpr std::size_t maxPieces = 65536;

struct FlatRange {
    RamPiece piece;
    std::string_view kind;
};

bool takeHex(std::string_view& text, std::uint64_t& value)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc();
}

bool take(std::string_view& text, std::string_view expected)
{
    const bool found = text.starts_with(expected);
    text.remove_prefix(found ? expected.size() : 0);
    return found;
}

std::optional<FlatRange> flatRange(std::string_view line)
{
    FlatRange range;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (!takeHex(line, first) || !take(line, "-") || !takeHex(line, last) || last < first || last + 1 == 0)
        return std::nullopt;
    const std::size_t comma = line.find(", ");
    const std::size_t close = line.find("): ");
    if (!take(line, " (prio ") || comma == std::string_view::npos || close == std::string_view::npos
        || close < comma)
        return std::nullopt;
    line.remove_prefix(comma + 2 - std::string_view(" (prio ").size());
    range.kind = line.substr(0, line.find("): "));
    if (const std::size_t space = range.kind.find(','); space != std::string_view::npos)
        range.kind = range.kind.substr(0, space);
    line.remove_prefix(line.find("): ") + 3);
    const std::size_t at = line.find(" @");
    range.piece.block = line.substr(0, at);
    if (at != std::string_view::npos) {
        std::string_view offset = line.substr(at + 2);
        if (!takeHex(offset, range.piece.offset))
            return std::nullopt;
    } else if (const std::size_t mark = line.rfind(" KVM");
               mark != std::string_view::npos && mark + 4 == line.size()) {
        range.piece.block = line.substr(0, mark);
    }
    range.piece.range = {core::PhysicalAddress(first), core::PhysicalAddress(last + 1)};
    return range;
}

bool endsWithOneOf(std::string_view block, std::initializer_list<std::string_view> suffixes)
{
    return std::any_of(suffixes.begin(), suffixes.end(),
        [block](std::string_view suffix) { return block.ends_with(suffix); });
}

/// By the names that QEMU gives its blocks.
bool isFirmware(std::string_view block)
{
    return endsWithOneOf(block, {"bios", ".rom", ".flash0", ".flash1"}) || block.starts_with("/rom@")
        || block.starts_with("system.flash");
}
bool isVideoMemory(std::string_view block) { return endsWithOneOf(block, {"vram", "lowmem", "vga.ram"}); }

/// What the lines of a memory view are for us; nullopt: not to be read.
std::optional<RamPiece> readablePiece(
    const FlatRange& range, const std::set<std::string, std::less<>>& ramBlocks)
{
    RamPiece piece = range.piece;
    piece.rom = !ramBlocks.contains(piece.block);
    // "romd" is flash that answers reads as memory does (QEMU include/exec/memory.h, memory_region_is_romd).
    piece.readOnly = range.kind == "rom" || range.kind == "romd";
    if (!piece.readOnly && (range.kind != "ram" || isVideoMemory(piece.block)))
        return std::nullopt;
    return piece;
}

std::vector<FlatRange> memoryView(std::string_view text, bool& found)
{
    std::vector<FlatRange> ranges;
    bool inside = false;
    while (!text.empty() && ranges.size() < maxPieces) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (line.starts_with("FlatView")) {
            if (found)
                break;
            inside = false;
        } else if (line.starts_with(" AS \"memory\",")) {
            inside = found = true;
        } else if (inside) {
            if (auto range = flatRange(line))
                ranges.push_back(std::move(*range));
        }
    }
    return ranges;
}

} // namespace

core::Result<std::vector<RamPiece>> parseMemoryTree(std::string_view text)
{
    const std::string tried = "find out where the guest has RAM";
    bool found = false;
    const std::vector<FlatRange> ranges = memoryView(text, found);
    if (!found)
        return core::failure(tried, "the monitor did not print the address space \"memory\"",
            "check that \"info mtree -f\" works in QEMU's monitor");
    std::set<std::string, std::less<>> ram;
    for (const FlatRange& range : ranges)
        if (range.kind == "ram" && !isFirmware(range.piece.block) && !isVideoMemory(range.piece.block))
            ram.insert(range.piece.block);
    std::vector<RamPiece> pieces;
    for (const FlatRange& range : ranges)
        if (auto piece = readablePiece(range, ram))
            pieces.push_back(std::move(*piece));
    std::sort(pieces.begin(), pieces.end(), [](auto& a, auto& b) { return a.range.begin < b.range.begin; });
    for (std::size_t at = 1; at < pieces.size(); ++at)
        if (pieces[at].range.begin < pieces[at - 1].range.end)
            return core::failure(tried, "the monitor's memory map overlaps itself");
    if (ram.empty())
        return core::failure(tried, "the monitor lists no RAM");
    return pieces;
}

namespace {

core::RamMap mapOf(const std::vector<RamPiece>& pieces, bool rom)
{
    std::vector<core::PhysicalRange> ranges;
    ranges.reserve(pieces.size());
    for (const RamPiece& piece : pieces)
        if (piece.rom == rom)
            ranges.push_back(piece.range);
    return core::RamMap(std::move(ranges));
}

} // namespace

core::RamMap ramMapOf(const std::vector<RamPiece>& pieces) { return mapOf(pieces, false); }

core::RamMap romMapOf(const std::vector<RamPiece>& pieces) { return mapOf(pieces, true); }

const RamPiece* pieceAt(
    const std::vector<RamPiece>& pieces, core::PhysicalAddress address, std::uint64_t bytes)
{
    auto next = std::upper_bound(pieces.begin(), pieces.end(), address,
        [](core::PhysicalAddress a, const RamPiece& piece) { return a < piece.range.begin; });
    if (next == pieces.begin())
        return nullptr;
    const RamPiece& piece = *std::prev(next);
    return address < piece.range.end && bytes <= piece.range.end - address ? &piece : nullptr;
}

} // namespace pgtscope::gdb
