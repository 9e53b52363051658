// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/imageprotection.h"

#include <algorithm>
#include <optional>

#include "core/linux/layout.h"
#include "core/model/regionnames.h"
#include "core/walk/translation.h"

namespace pgtscope::core {

namespace {

constexpr std::uint64_t roundedTo = 1ULL << 21;

template <class Range>
const Range* rangeNamed(std::span<const Region<Range>> regions, std::string_view name)
{
    const auto found = std::find_if(
        regions.begin(), regions.end(), [name](const Region<Range>& region) { return region.name == name; });
    return found == regions.end() ? nullptr : &found->range;
}

/// Linear addresses of the image, from `_text` to its end; nullopt if no image is known.
std::optional<LinearRange> imageRange(const Snapshot& snapshot)
{
    const auto parts = snapshot.physicalRegions();
    const PhysicalRange* text = rangeNamed(parts, region::kernelText);
    if (!text)
        return std::nullopt;
    if (snapshot.paging().linearBits() != 32) {
        const LinearRange* image = rangeNamed(snapshot.linearRegions(), region::kernel);
        return image ? std::optional(*image) : std::nullopt;
    }
    const LinearRange* direct = rangeNamed(snapshot.linearRegions(), region::direct);
    if (!direct)
        return std::nullopt;
    PhysicalAddress end = text->end;
    for (const PhysicalRegion& part : parts)
        if (const auto kind = imagePartOf(part.name); kind && *kind != ImagePart::Initrd)
            end = std::max(end, part.range.end);
    return LinearRange{direct->begin + text->begin.value, direct->begin + end.value};
}

} // namespace

ImageProtection imageProtection(const Snapshot& snapshot)
{
    const auto image = imageRange(snapshot);
    if (!image || !snapshot.paging().enabled() || image->begin >= image->end)
        return ImageProtection::Unknown;
    const Translation text = translate(snapshot, image->begin);
    if (text.end != TranslationEnd::Mapped)
        return ImageProtection::Unknown;
    const ImageProtection open = snapshot.rodataOff() ? ImageProtection::Off : ImageProtection::NotYet;
    if (text.rights.write)
        return open;
    const LinearAddress end((image->end.value + roundedTo - 1) & ~(roundedTo - 1));
    const LinearAddress last = std::max(end - roundedTo, image->begin);
    for (LinearAddress linear = last; linear < end;) {
        const Translation page = translate(snapshot, linear);
        const bool mapped = page.end == TranslationEnd::Mapped;
        if (mapped && page.rights.write && page.rights.execute)
            return open;
        linear = linear + (mapped ? page.pageBytes - linear.value % page.pageBytes : frameBytes);
    }
    return ImageProtection::InForce;
}

} // namespace pgtscope::core
