// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/pgtbuf/pgtbufpage.h"

#include <algorithm>

#include "core/walk/framemappings.h"
#include "core/xen/machinebuffer.h"
#include "views/model/stepstate.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr std::size_t mostMappings = 256;

/// The linear addresses that the tables in that frame translate.
QString servedAddresses(const StepState& state, core::FrameNumber frame)
{
    const core::Snapshot& snapshot = *state.snapshot();
    for (core::TableId id = 0; id < snapshot.tables().size(); ++id) {
        const core::Table& table = snapshot.table(id);
        if (table.frame() != frame || !table.page)
            continue;
        const auto reaches = state.rules().reachesOf(id);
        if (reaches.empty())
            continue;
        const core::Reach& reach = reaches.front();
        if (reach.detached)
            return QStringLiteral(", hooked nowhere yet");
        const std::uint64_t bytes
            = snapshot.paging().span(table.level) * snapshot.paging().at(table.level).entries;
        QString text = QStringLiteral(", for %1 – %2")
                           .arg(linearOf(snapshot.paging(), reach.first),
                               linearOf(snapshot.paging(), reach.first + (bytes - 1)));
        if (reach.paths > 1)
            text += QStringLiteral(" and %1 more places").arg(reach.paths - 1);
        return text;
    }
    return {};
}

const core::PgtBufEpoch* epochOf(const core::PageTableBuffer& buffer, core::FrameNumber frame)
{
    const auto found = std::find_if(buffer.epochs.rbegin(), buffer.epochs.rend(),
        [&](const core::PgtBufEpoch& epoch) { return epoch.start <= frame && frame < epoch.top; });
    if (found != buffer.epochs.rend())
        return &*found;
    return buffer.epochs.empty() ? nullptr : &buffer.epochs.back();
}

PgtBufClause clause(
    const char* text, core::FrameNumber left, const char* sign, core::FrameNumber right, bool holds)
{
    return {QLatin1String(text),
        QStringLiteral("%1 %2 %3").arg(hexOf(left.value), QLatin1String(sign), hexOf(right.value)), holds};
}

} // namespace

PgtBufPage pgtBufPage(const StepState& state, core::FrameNumber frame)
{
    const core::PageTableBuffer& buffer = state.snapshot()->pgtBuf();
    PgtBufPage page;
    page.frame = frame;
    page.place = core::bufferPlace(buffer, frame);
    page.what = roleDescription(state, frame) + servedAddresses(state, frame)
        + xenTypeBeside(*state.snapshot(), frame);
    if (const core::PgtBufEpoch* epoch = epochOf(buffer, frame)) {
        const auto [pfn, borders] = core::asKernelCounts(state.snapshot()->xen(), frame, *epoch);
        page.clauses = {
            clause("pfn >= pgt_buf_start", pfn, ">=", borders.start, pfn >= borders.start),
            clause("pfn < pgt_buf_end", pfn, "<", borders.end, pfn < borders.end),
            clause("pfn < pgt_buf_top", pfn, "<", borders.top, pfn < borders.top),
        };
    }
    const core::FrameMappings mappings = state.rules().mappingsOf({frame});
    page.mappingsTotal = mappings.tally(0).entries;
    for (const core::Alias& alias : mappings.aliases(frame, mostMappings))
        page.mappings.push_back(
            {alias, core::mappingVerdict(state.rules(), frame, alias.entryAddress, alias.rights.write)});
    return page;
}

QString verdictText(core::MappingVerdict verdict)
{
    switch (verdict) {
    case core::MappingVerdict::Fine:
        return QStringLiteral("fine");
    case core::MappingVerdict::ReservedFine:
        return QStringLiteral("fine: reserved, read-only");
    case core::MappingVerdict::Violation:
        return QStringLiteral("violation: a page table, writable");
    case core::MappingVerdict::Pending:
        return QStringLiteral("pending: writable, a table soon");
    case core::MappingVerdict::AllowedTransient:
        return QStringLiteral("allowed: early_ioremap slot of the newest page");
    case core::MappingVerdict::StaleReadOnly:
        return QStringLiteral("stale: handed back, still read-only");
    }
    return {};
}

std::optional<core::FindingState> verdictState(core::MappingVerdict verdict)
{
    switch (verdict) {
    case core::MappingVerdict::Fine:
    case core::MappingVerdict::ReservedFine:
        return std::nullopt;
    case core::MappingVerdict::Violation:
        return core::FindingState::Violation;
    case core::MappingVerdict::Pending:
        return core::FindingState::Pending;
    case core::MappingVerdict::AllowedTransient:
        return core::FindingState::Transient;
    case core::MappingVerdict::StaleReadOnly:
        return core::FindingState::Stale;
    }
    return std::nullopt;
}

} // namespace pgtscope::views
