// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/momentlink.h"

#include <algorithm>
#include <filesystem>

#include "core/base/numbers.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t longestFragment = 400;
constexpr std::size_t longestView = 32;
/// MAXPHYADDR is at most 52; SDM vol. 3A, 4.1.4.
constexpr std::uint64_t physicalLimit = 1ULL << 52;
constexpr std::uint64_t noLimit = ~0ULL;

tl::unexpected<Error> wrongMoment(const std::string& happened)
{
    return failure("read the link", happened,
        "a link is FILE#step=65&frame=0x437eb, with one or more of step, frame, entry, address and view");
}

/// What a person sees of a part of a link.
std::string quoted(std::string_view part)
{
    constexpr std::size_t longest = 40;
    std::string text
        = "'" + std::string(part.substr(0, longest)) + (part.size() > longest ? "..." : "") + "'";
    return text;
}

struct FieldRow {
    std::string_view name;
    std::uint64_t limit; ///< The value is below, unless this is noLimit.
    bool (*isSet)(const MomentLink&);
    void (*set)(MomentLink&, std::uint64_t);
};

constexpr FieldRow fieldRows[] = {
    {"step", noLimit, [](const MomentLink& link) { return link.step.has_value(); },
        [](MomentLink& link, std::uint64_t value) { link.step = value; }},
    {"frame", physicalLimit >> frameShift, [](const MomentLink& link) { return link.frame.has_value(); },
        [](MomentLink& link, std::uint64_t value) { link.frame = FrameNumber(value); }},
    {"entry", physicalLimit, [](const MomentLink& link) { return link.entry.has_value(); },
        [](MomentLink& link, std::uint64_t value) { link.entry = PhysicalAddress(value); }},
    {"address", noLimit, [](const MomentLink& link) { return link.address.has_value(); },
        [](MomentLink& link, std::uint64_t value) { link.address = LinearAddress(value); }},
};

Result<void> setView(MomentLink& link, std::string_view value)
{
    if (!link.view.empty())
        return wrongMoment("it names view twice");
    const bool plain
        = value.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
    if (value.empty() || value.size() > longestView || !plain)
        return wrongMoment(quoted(value) + " is no name of a view");
    link.view = value;
    return {};
}

Result<void> setField(MomentLink& link, std::string_view name, std::string_view value)
{
    if (name == "view")
        return setView(link, value);
    const auto row = std::find_if(std::begin(fieldRows), std::end(fieldRows),
        [name](const FieldRow& each) { return each.name == name; });
    if (row == std::end(fieldRows))
        return wrongMoment("it has no field " + quoted(name));
    if (row->isSet(link))
        return wrongMoment("it names " + std::string(name) + " twice");
    const auto number = parseNumber(value);
    if (!number || (row->limit != noLimit && *number >= row->limit))
        return wrongMoment(quoted(value) + " is no " + std::string(name));
    row->set(link, *number);
    return {};
}

bool exists(const std::string& file)
{
    std::error_code ignored;
    return !file.empty() && std::filesystem::exists(file, ignored);
}

} // namespace

Result<MomentLink> parseMoment(std::string_view fragment)
{
    constexpr std::string_view older = "step-";
    if (fragment.size() > longestFragment)
        return wrongMoment("it is longer than " + std::to_string(longestFragment) + " characters");
    MomentLink link;
    if (fragment.starts_with(older)) {
        RETURN_IF_ERROR(setField(link, "step", fragment.substr(older.size())));
        return link;
    }
    for (std::size_t at = 0; at <= fragment.size();) {
        const std::size_t end = std::min(fragment.find('&', at), fragment.size());
        const std::string_view field = fragment.substr(at, end - at);
        const std::size_t sign = field.find('=');
        if (sign == std::string_view::npos)
            return wrongMoment(quoted(field) + " is no field with a value");
        RETURN_IF_ERROR(setField(link, field.substr(0, sign), field.substr(sign + 1)));
        at = end + 1;
    }
    return link;
}

Result<MomentLink> parseMomentLink(const std::string& text)
{
    const std::size_t mark = text.rfind('#');
    if (mark != std::string::npos && !exists(text) && exists(text.substr(0, mark))) {
        ASSIGN_OR_RETURN(auto link, parseMoment(std::string_view(text).substr(mark + 1)));
        link.file = text.substr(0, mark);
        return link;
    }
    MomentLink whole;
    whole.file = text;
    return whole;
}

std::string momentLinkText(const MomentLink& link)
{
    std::string text = link.file;
    char separator = '#';
    const auto add = [&](std::string_view name, const std::string& value) {
        text += separator + std::string(name) + '=' + value;
        separator = '&';
    };
    if (link.step)
        add("step", std::to_string(*link.step));
    if (link.frame)
        add("frame", hexText(link.frame->value));
    if (link.entry)
        add("entry", hexText(link.entry->value));
    if (link.address)
        add("address", hexText(link.address->value));
    if (!link.view.empty())
        add("view", link.view);
    return text;
}

} // namespace pgtscope::core
