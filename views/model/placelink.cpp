// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/placelink.h"

#include "core/base/numbers.h"

namespace pgtscope::views {

namespace {

constexpr std::uint64_t physicalLimit = 1ULL << 52;

QString link(const char* kind, const std::string& number)
{
    return QStringLiteral("pgtscope:%1/%2").arg(QLatin1String(kind), QString::fromStdString(number));
}

} // namespace

std::optional<PlaceLink> parsePlaceLink(const QUrl& url, const core::XenState* xen)
{
    if (url.scheme() != QLatin1String("pgtscope"))
        return std::nullopt;
    const QString path = url.path();
    const qsizetype slash = path.indexOf(QLatin1Char('/'));
    const auto number = core::parseNumber(path.mid(slash + 1).toStdString());
    if (slash < 0 || !number)
        return std::nullopt;
    const QString kind = path.left(slash);
    PlaceLink link;
    if (kind == QLatin1String("va"))
        link.place.linear = core::LinearAddress(*number);
    else if (kind == QLatin1String("pa") && *number < physicalLimit)
        link.place.frame = core::frameOf(core::PhysicalAddress(*number));
    else if (kind == QLatin1String("pfn") && xen && xen->machineFrame(core::GuestFrame(*number)))
        link.place.frame = xen->machineFrame(core::GuestFrame(*number));
    else if ((kind == QLatin1String("mfn") || (kind == QLatin1String("pfn") && !xen))
        && *number < physicalLimit >> core::frameShift)
        link.place.frame = core::FrameNumber(*number);
    else if (kind == QLatin1String("entry") && *number < physicalLimit)
        link.place.entry = core::PhysicalAddress(*number);
    else if (kind == QLatin1String("step") || kind == QLatin1String("live"))
        link.step = *number;
    else
        return std::nullopt;
    link.live = kind == QLatin1String("live");
    return link;
}

QString linkTo(core::LinearAddress address) { return link("va", core::hexText(address.value)); }

QString linkTo(core::FrameNumber frame) { return link("mfn", core::hexText(frame.value)); }

QString linkToEntry(core::PhysicalAddress entry) { return link("entry", core::hexText(entry.value)); }

QString linkToHypotheticals() { return QStringLiteral("pgtscope:what-xen-would-say"); }

QString linkToStep(core::StepNumber step) { return link("step", std::to_string(step)); }

} // namespace pgtscope::views
