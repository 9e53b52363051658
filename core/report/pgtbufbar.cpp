// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/pgtbufbar.h"

#include <algorithm>

#include "core/base/numbers.h"

namespace pgtscope::core {

namespace {

constexpr std::uint64_t svgWidth = 600;

/// `part` of `whole` on a scale of `units`, rounded down, without overflow.
std::uint64_t scaled(std::uint64_t part, std::uint64_t whole, std::uint64_t units)
{
    return static_cast<std::uint64_t>(
        static_cast<long double>(part) * static_cast<long double>(units) / static_cast<long double>(whole));
}

std::string svgText(std::uint64_t x, const char* anchor, unsigned y, const std::string& text)
{
    return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" text-anchor=\"" + anchor
        + "\" font-size=\"11\">" + text + "</text>";
}

} // namespace

const PgtBufEpoch* newestEpoch(const PageTableBuffer& buffer)
{
    if (buffer.epochs.empty())
        return nullptr;
    const PgtBufEpoch& epoch = buffer.epochs.back();
    return epoch.start < epoch.top && epoch.start <= epoch.end && epoch.end <= epoch.top ? &epoch : nullptr;
}

std::string pgtBufBar(const PageTableBuffer& buffer, std::size_t width)
{
    const PgtBufEpoch* epoch = newestEpoch(buffer);
    if (epoch == nullptr || width < 4)
        return {};
    const std::uint64_t pages = epoch->top - epoch->start;
    const std::uint64_t used = epoch->end - epoch->start;
    const std::uint64_t columns = std::min<std::uint64_t>(pages, width - 2);
    const auto full = static_cast<std::size_t>(scaled(used, pages, columns));
    const char rest = buffer.trust == PgtBufTrust::HandedBack ? '-' : '.';
    return "[" + std::string(full, '#') + std::string(static_cast<std::size_t>(columns) - full, rest) + "]";
}

std::string pgtBufSvg(const Snapshot& snapshot)
{
    const PageTableBuffer& buffer = snapshot.pgtBuf();
    const std::string pfn = snapshot.xen() ? "pfn " : "";
    const PgtBufEpoch* epoch = newestEpoch(buffer);
    if (epoch == nullptr)
        return {};
    const std::uint64_t end = scaled(epoch->end - epoch->start, epoch->top - epoch->start, svgWidth);
    const bool back = buffer.trust == PgtBufTrust::HandedBack;
    std::string svg
        = "<svg viewBox=\"-1 0 602 56\" role=\"img\" aria-label=\"pgt_buf\">"
          "<rect x=\"0\" y=\"18\" width=\"600\" height=\"18\" fill=\"none\" stroke=\"currentColor\"";
    svg += back ? " stroke-dasharray=\"4 3\"/>" : "/>";
    svg += "<rect x=\"0\" y=\"18\" width=\"" + std::to_string(end)
        + "\" height=\"18\" fill=\"currentColor\" fill-opacity=\"0.55\"/>";
    svg += svgText(0, "start", 50, "start " + pfn + hexText(epoch->start.value));
    svg += svgText(svgWidth, "end", 50, "top " + pfn + hexText(epoch->top.value));
    const char* anchor = end < 100 ? "start" : end > svgWidth - 100 ? "end" : "middle";
    svg += svgText(end, anchor, 12, "end " + pfn + hexText(epoch->end.value));
    return svg + "</svg>";
}

} // namespace pgtscope::core
