// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/translation.h"

#include <algorithm>

namespace pgtscope::core {

std::optional<std::uint32_t> Translation::pageFault(
    const Paging& paging, AccessKind access, bool userMode) const
{
    switch (end) {
    case TranslationEnd::Mapped:
        return paging.pageFault(rights, access, userMode);
    case TranslationEnd::NotPresent:
        return paging.faultBits(access, userMode);
    case TranslationEnd::ReservedBits:
        return fault::present | fault::reserved | paging.faultBits(access, userMode);
    case TranslationEnd::PagingOff:
    case TranslationEnd::NotCanonical:
    case TranslationEnd::Gap:
        return std::nullopt;
    }
    return std::nullopt;
}

namespace {

/// Follows one entry; true while the path goes on with `table`.
bool follow(const Snapshot& snapshot, Translation& translation, TableId& table)
{
    const Paging& paging = snapshot.paging();
    const Table& current = snapshot.table(table);
    if (current.state != TableState::Read) {
        translation.end = TranslationEnd::Gap;
        translation.gap = current.state;
        return false;
    }
    const EntryAt at = current.entryAt(paging, paging.index(translation.linear, current.level));
    TranslationStep step;
    step.table = table;
    step.index = at.index;
    step.entryAddress = at.address;
    step.entry = at.entry;
    step.rights = translation.rights & step.entry.rights;
    if (step.entry.present())
        translation.rights = step.rights;
    translation.steps.push_back(step);
    if (!step.entry.present()) {
        translation.end = TranslationEnd::NotPresent;
    } else if (step.entry.reserved != 0) {
        translation.end = TranslationEnd::ReservedBits;
    } else if (step.entry.isPage()) {
        translation.end = TranslationEnd::Mapped;
        translation.pageBytes = paging.span(current.level);
        translation.physical = step.entry.target + (translation.linear.value & (translation.pageBytes - 1));
    } else {
        table = snapshot.child(step.entry);
        translation.end = TranslationEnd::Gap;
        translation.gap = TableState::OverLimit;
        return table != noTable;
    }
    return false;
}

} // namespace

Translation translate(const Snapshot& snapshot, LinearAddress linear)
{
    Translation translation;
    translation.linear = linear;
    if (!snapshot.paging().enabled()) {
        translation.end = TranslationEnd::PagingOff;
        translation.physical = PhysicalAddress(linear.value);
        return translation;
    }
    if (!snapshot.paging().canonical(linear)) {
        translation.end = TranslationEnd::NotCanonical;
        return translation;
    }
    if (snapshot.tables().empty()) {
        translation.end = TranslationEnd::Gap;
        translation.gap = TableState::Unreadable;
        return translation;
    }
    TableId table = 0;
    while (follow(snapshot, translation, table)) { }
    return translation;
}

std::optional<TranslationStep> entryHeldAt(const Snapshot& snapshot, PhysicalAddress place)
{
    const Paging& paging = snapshot.paging();
    const auto tables = snapshot.tables();
    for (TableId id = 0; id < tables.size(); ++id) {
        const Table& table = tables[id];
        if (!table.page || !table.range(paging).contains(place))
            continue;
        const EntryAt at
            = table.entryAt(paging, static_cast<unsigned>((place - table.address) / paging.entryBytes()));
        return TranslationStep{id, at.index, at.address, at.entry, at.entry.rights};
    }
    return std::nullopt;
}

bool readLinear(
    const Snapshot& snapshot, PhysicalMemory& memory, LinearAddress linear, std::span<std::byte> bytes)
{
    std::vector<PhysicalRead> batch;
    while (!bytes.empty()) {
        const Translation at = translate(snapshot, linear);
        if (at.end != TranslationEnd::Mapped && at.end != TranslationEnd::PagingOff)
            return false;
        const std::size_t inPage = frameBytes - linear.value % frameBytes;
        const std::size_t count = std::min(bytes.size(), inPage);
        batch.push_back({at.physical, bytes.first(count)});
        bytes = bytes.subspan(count);
        linear = linear + count;
    }
    return memory.read(batch) && std::all_of(batch.begin(), batch.end(), [](auto& read) { return read.ok; });
}

} // namespace pgtscope::core
