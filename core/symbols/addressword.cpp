// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/addressword.h"

#include <array>
#include <charconv>
#include <optional>

#include "core/base/numbers.h"
#include "core/model/regionnames.h"
#include "core/walk/framemappings.h"
#include "core/walk/translation.h"
#include "core/walk/unreadtables.h"

namespace pgtscope::core {

namespace {

/// Hexadecimal digits without "0x", as addresses are often copied from a log; at least eight of them, so that
/// no decimal number is taken for one by surprise.
std::optional<std::uint64_t> bareHex(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    const bool letters = text.find_first_not_of("0123456789") != std::string_view::npos;
    if (error != std::errc() || end != text.data() + text.size() || text.size() < 8)
        return std::nullopt;
    return letters || text.size() == 16 ? std::optional(value) : std::nullopt;
}

struct SpacePrefix {
    std::string_view text;
    AddressSpace space;
};
constexpr std::array<SpacePrefix, 5> prefixes{{
    {"va:", AddressSpace::Linear},
    {"pa:", AddressSpace::Physical},
    {"frame:", AddressSpace::Frame},
    {"mfn:", AddressSpace::Frame},
    {"pfn:", AddressSpace::KernelFrame},
}};

Error unknownAddress(const std::string& text, const SymbolTable& symbols)
{
    return {"understand the address '" + text + "'", "it is no number and no symbol",
        symbols.empty()
            ? "write 0x…, va:, pa:, frame:, mfn: or pfn: and a number; for symbols name the kernel "
              "with --kernel"
            : "write 0x…, a symbol, symbol+offset, or va:, pa:, frame:, mfn: or pfn: and a number"};
}

std::optional<std::uint64_t> numberIn(std::string_view text)
{
    if (const auto hex = bareHex(text))
        return hex;
    const auto number = parseSize(text);
    return number ? std::optional(*number) : std::nullopt;
}

std::string triedWith(const AddressWord& word) { return "find " + word.text; }

Result<PhysicalAddress> withinCpu(
    const AddressWord& word, std::uint64_t frame, std::uint64_t offset, unsigned bits)
{
    if (frame >> (bits - frameShift) == 0)
        return PhysicalAddress((frame << frameShift) + offset);
    return failure(triedWith(word),
        "it is no physical address: those of this CPU have " + std::to_string(bits) + " bits",
        "see \"pgt translate\" for where a linear address leads");
}

/// The mapping that a reader of kernel tables expects.
const Alias* bestAlias(const std::vector<Alias>& aliases, const Snapshot& snapshot)
{
    const Alias* best = nullptr;
    const auto rank = [&](const Alias& alias) {
        const LinearRegion* region = snapshot.regionAt(alias.linear);
        return std::pair(region == nullptr || region->name != region::direct, alias.linear);
    };
    for (const Alias& alias : aliases)
        if (!alias.reach.detached && !alias.reach.otherHalf && (best == nullptr || rank(alias) < rank(*best)))
            best = &alias;
    return best;
}

Result<LinearAddress> whereMapped(const AddressWord& word, PhysicalAddress physical, const Snapshot& snapshot)
{
    constexpr std::size_t enough = 4096;
    const auto reached = reachedTables(snapshot);
    const FrameMappings mappings(snapshot, reached, {frameOf(physical)}, enough, ReachChoice::Every);
    const auto aliases = mappings.aliases(frameOf(physical), enough);
    const Alias* best = bestAlias(aliases, snapshot);
    if (best == nullptr) {
        const auto gaps = unreadTables(snapshot);
        return failure(triedWith(word),
            gaps.empty() ? "no table that the root reaches maps it"
                         : "no table that could be read maps it: " + joinedText(gaps),
            "see \"pgt aliases " + word.text + "\" for every entry that does");
    }
    return best->linear + (physical.value & (frameBytes - 1));
}

} // namespace

Result<AddressWord> parseAddressWord(const std::string& text, const SymbolTable& symbols)
{
    for (const SpacePrefix& prefix : prefixes) {
        if (!text.starts_with(prefix.text))
            continue;
        if (const auto number = numberIn(std::string_view(text).substr(prefix.text.size())))
            return AddressWord{prefix.space, *number, text};
        return failure("understand the address '" + text + "'",
            "there is no number after " + std::string(prefix.text),
            "write " + std::string(prefix.text) + "0x…");
    }
    if (const auto at = symbols.find(text))
        return AddressWord{AddressSpace::Linear, at->value, text};
    if (const auto number = numberIn(text))
        return AddressWord{AddressSpace::Bare, *number, text};
    const auto plus = text.rfind('+');
    if (plus != std::string::npos) {
        const auto base = symbols.find(text.substr(0, plus));
        const auto offset = parseNumber(text.substr(plus + 1));
        if (base && offset)
            return AddressWord{AddressSpace::Linear, base->value + *offset, text};
    }
    return tl::unexpected(unknownAddress(text, symbols));
}

Result<LinearAddress> plainLinearAddress(const AddressWord& word)
{
    if (word.space == AddressSpace::Bare || word.space == AddressSpace::Linear)
        return LinearAddress(word.value);
    return failure(triedWith(word), "its linear address is known only from a guest's tables",
        "give a linear address, or name a guest or a recording");
}

Result<PhysicalAddress> physicalAddressOf(const AddressWord& word, const Snapshot& snapshot)
{
    const unsigned bits = snapshot.paging().features().physicalAddressBits;
    switch (word.space) {
    case AddressSpace::Bare:
    case AddressSpace::Physical:
        return withinCpu(word, word.value >> frameShift, word.value & (frameBytes - 1), bits);
    case AddressSpace::Frame:
        return withinCpu(word, word.value, 0, bits);
    case AddressSpace::KernelFrame: {
        const auto frame = snapshot.frame(GuestFrame(word.value));
        if (!frame)
            return failure(triedWith(word), "the domain has no such frame",
                "pfn: is the kernel's own count; mfn: is the machine's");
        return withinCpu(word, frame->value, 0, bits);
    }
    case AddressSpace::Linear:
        break;
    }
    const Translation at = translate(snapshot, LinearAddress(word.value));
    if (at.end == TranslationEnd::Gap)
        return failure(triedWith(word),
            "where " + hexText(word.value) + " leads is unknown: the next table is "
                + std::string(stateText(at.gap)),
            "give a physical address as pa:0x… or a frame as frame:0x…");
    if (at.end != TranslationEnd::Mapped && at.end != TranslationEnd::PagingOff)
        return failure(triedWith(word), "nothing is mapped at " + hexText(word.value),
            "give a physical address as pa:0x… or a frame as frame:0x…");
    return at.physical;
}

Result<LinearAddress> linearAddressOf(const AddressWord& word, const Snapshot& snapshot)
{
    if (word.space == AddressSpace::Bare || word.space == AddressSpace::Linear)
        return LinearAddress(word.value);
    ASSIGN_OR_RETURN(const auto physical, physicalAddressOf(word, snapshot));
    if (!snapshot.paging().enabled())
        return LinearAddress(physical.value);
    return whereMapped(word, physical, snapshot);
}

} // namespace pgtscope::core
