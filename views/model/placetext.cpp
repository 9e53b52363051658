// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/placetext.h"

#include "core/symbols/addressword.h"
#include "core/walk/aliases.h"
#include "core/walk/translation.h"

namespace pgtscope::views {

namespace {

Place ofFrame(core::FrameNumber frame)
{
    Place place;
    place.frame = frame;
    return place;
}

} // namespace

Place placeOf(const core::Snapshot& snapshot, core::LinearAddress linear)
{
    Place place;
    place.linear = linear;
    const core::Translation translation = core::translate(snapshot, linear);
    if (translation.end == core::TranslationEnd::Mapped || translation.end == core::TranslationEnd::PagingOff)
        place.frame = core::frameOf(translation.physical);
    if (!translation.steps.empty()) {
        place.entry = translation.steps.back().entryAddress;
        place.level = translation.steps.back().entry.level;
    }
    return place;
}

Place placeOfEntry(const core::Snapshot& snapshot, core::PhysicalAddress entry, unsigned level)
{
    Place place;
    place.entry = entry;
    place.level = level;
    for (const core::Reach& reach : core::reachedTables(snapshot)) {
        const core::Table& table = snapshot.table(reach.table);
        if (table.level != level || !table.page || !table.range(snapshot.paging()).contains(entry))
            continue;
        const std::uint64_t index = (entry - table.address) / snapshot.paging().entryBytes();
        const core::Entry decoded = table.entry(snapshot.paging(), static_cast<unsigned>(index));
        if (decoded.present())
            place.frame = core::frameOf(decoded.target);
        if (reach.detached || reach.otherHalf)
            continue;
        place.linear = snapshot.paging().canonicalised(reach.first + index * snapshot.paging().span(level));
        break;
    }
    return place;
}

std::optional<Place> placeFromText(
    const QString& text, const core::Snapshot& snapshot, const core::SymbolTable& symbols)
{
    const auto word = core::parseAddressWord(text.trimmed().toStdString(), symbols);
    if (!word)
        return std::nullopt;
    if (word->space == core::AddressSpace::Bare || word->space == core::AddressSpace::Linear)
        return placeOf(snapshot, core::LinearAddress(word->value));
    const auto physical = core::physicalAddressOf(*word, snapshot);
    return physical ? ofFrame(core::frameOf(*physical)) : Place{};
}

} // namespace pgtscope::views
