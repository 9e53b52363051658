// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/placetext.h"

#include <charconv>

#include "core/base/numbers.h"
#include "core/walk/aliases.h"
#include "core/walk/translation.h"

namespace pgtscope::views {

namespace {

/// Also the bare hexadecimal digits of an address copied from a log: sixteen, or eight and more with a letter
/// among them.
std::optional<std::uint64_t> numberIn(const std::string& text)
{
    if (const auto number = core::parseSize(text))
        return *number;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && text.size() >= 8 ? std::optional(value) : std::nullopt;
}

Place ofFrame(core::FrameNumber frame)
{
    Place place;
    place.frame = frame;
    return place;
}

Place ofNumber(const core::Snapshot& snapshot, std::uint64_t number)
{
    const Place linear = placeOf(snapshot, core::LinearAddress(number));
    const core::PhysicalAddress physical(number);
    return !linear.frame && snapshot.ramMap().contains(physical, 1) ? ofFrame(core::frameOf(physical))
                                                                    : linear;
}

/// Of a frame by the guest's own number.
Place ofGuestFrame(const core::XenState* xen, core::FrameNumber guest)
{
    if (!xen)
        return ofFrame(guest);
    const auto machine = xen->machineFrame(guest);
    return machine ? ofFrame(*machine) : Place{};
}

std::optional<std::uint64_t> symbolIn(const std::string& text, const core::SymbolTable& symbols)
{
    if (const auto at = symbols.find(text))
        return at->value;
    const std::size_t plus = text.rfind('+');
    if (plus == std::string::npos)
        return std::nullopt;
    const auto base = symbols.find(text.substr(0, plus));
    const auto offset = core::parseNumber(text.substr(plus + 1));
    return base && offset ? std::optional(base->value + *offset) : std::nullopt;
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
        if (table.level != level || table.frame() != core::frameOf(entry) || !table.page)
            continue;
        const std::uint64_t index = (entry - table.address) / snapshot.paging().entryBytes();
        const core::Entry decoded = table.entry(snapshot.paging(), static_cast<unsigned>(index));
        if (decoded.present())
            place.frame = core::frameOf(decoded.target);
        if (reach.detached)
            continue;
        place.linear = snapshot.paging().canonicalised(reach.first + index * snapshot.paging().span(level));
        break;
    }
    return place;
}

std::optional<Place> placeFromText(
    const QString& text, const core::Snapshot& snapshot, const core::SymbolTable& symbols)
{
    const std::string typed = text.trimmed().toStdString();
    const std::size_t colon = typed.find(':');
    if (colon != std::string::npos) {
        const std::string kind = typed.substr(0, colon);
        const auto number = numberIn(typed.substr(colon + 1));
        if (!number)
            return std::nullopt;
        if (kind == "pfn")
            return ofGuestFrame(snapshot.xen(), core::FrameNumber(*number));
        if (kind == "mfn")
            return ofFrame(core::FrameNumber(*number));
        if (kind == "pa")
            return ofFrame(core::frameOf(core::PhysicalAddress(*number)));
        return kind == "va" ? std::optional(placeOf(snapshot, core::LinearAddress(*number))) : std::nullopt;
    }
    if (const auto address = symbolIn(typed, symbols))
        return placeOf(snapshot, core::LinearAddress(*address));
    const auto number = numberIn(typed);
    return number ? std::optional(ofNumber(snapshot, *number)) : std::nullopt;
}

} // namespace pgtscope::views
