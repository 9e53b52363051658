// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/entrypoke.h"

#include <algorithm>

#include "app/pgt/guestoptions.h"
#include "core/base/numbers.h"
#include "core/paging/entryflags.h"
#include "core/walk/translation.h"

namespace pgtscope::pgt {

namespace {

core::Result<std::uint64_t> bitsOf(const std::vector<std::string>& names, const core::Paging& paging)
{
    using namespace core;
    std::uint64_t bits = 0;
    for (const std::string& name : names) {
        const auto found = std::ranges::find(entryFlags, name, &EntryFlag::option);
        if (found == entryFlags.end() || !found->settable() || !found->fits(paging.entryBytes()))
            return failure("change the bit '" + name + "'", "an entry has no such bit here",
                "use p, rw, user, pwt, pcd, a, d, g or nx");
        bits |= found->mask;
    }
    return bits;
}

core::Result<std::uint64_t> valueFor(const EntryWish& wish, const core::Paging& paging, std::uint64_t before)
{
    if (!wish.value.empty())
        return core::parseNumber(wish.value);
    const auto set = bitsOf(wish.set, paging);
    const auto clear = bitsOf(wish.clear, paging);
    if (!set || !clear)
        return tl::unexpected(set ? clear.error() : set.error());
    return (before | *set) & ~*clear;
}

struct EntryPath {
    std::vector<core::TranslationStep> steps;
    bool itself = false; ///< The entry was named by its own place.
};

/// The entry at a physical address that is one's; else the entries on the way to the address.
core::Result<EntryPath> pathOf(
    const std::string& text, const core::Snapshot& snapshot, const core::SymbolTable& symbols)
{
    ASSIGN_OR_RETURN(const auto word, core::parseAddressWord(text, symbols));
    if (word.space == core::AddressSpace::Physical)
        if (const auto held = core::entryHeldAt(snapshot, core::PhysicalAddress(word.value)))
            return EntryPath{{*held}, true};
    return core::linearAddressOf(word, snapshot).map([&](core::LinearAddress linear) {
        return EntryPath{core::translate(snapshot, linear).steps, false};
    });
}

} // namespace

core::Result<core::EntryEdit> findEdit(
    const EntryWish& wish, const core::Snapshot& snapshot, const core::SymbolTable& symbols)
{
    const std::string tried = "find the entry of " + wish.address;
    ASSIGN_OR_RETURN(const auto path, pathOf(wish.address, snapshot, symbols));
    const auto& [steps, itself] = path;
    const auto step = itself || (wish.level == 0 && !steps.empty())
        ? std::prev(steps.end())
        : std::ranges::find_if(
            steps, [&](const auto& s) { return snapshot.table(s.table).level == wish.level; });
    if (step == steps.end())
        return core::failure(tried, "its path has no entry of level " + std::to_string(wish.level),
            "see \"pgt translate " + wish.address + "\" for what there is");
    ASSIGN_OR_RETURN(const auto value, valueFor(wish, snapshot.paging(), step->entry.raw));
    const unsigned bytes = snapshot.paging().entryBytes();
    return core::EntryEdit{step->entryAddress, bytes, snapshot.table(step->table).level, step->entry.raw,
        bytes == 4 ? value & 0xffffffff : value};
}

} // namespace pgtscope::pgt
