// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/pgtbuf/pgtbufpage.h"

#include <algorithm>

#include "core/walk/framemappings.h"
#include "views/model/stepstate.h"
#include "views/model/text.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

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
            return Text::tr(", not referenced by any table yet");
        const std::uint64_t bytes
            = snapshot.paging().span(table.level) * snapshot.paging().at(table.level).entries;
        QString text = Text::tr(", for %1 – %2")
                           .arg(linearOf(snapshot.paging(), reach.first),
                               linearOf(snapshot.paging(), reach.first + (bytes - 1)));
        if (reach.paths > 1)
            text += Text::tr(" and %1 more places").arg(reach.paths - 1);
        return text;
    }
    return {};
}

const core::PgtBufEpoch* epochOf(const core::PageTableBuffer& buffer, core::GuestFrame frame)
{
    const auto found = std::find_if(buffer.epochs.rbegin(), buffer.epochs.rend(),
        [&](const core::PgtBufEpoch& epoch) { return epoch.whole().contains(frame); });
    if (found != buffer.epochs.rend())
        return &*found;
    return buffer.epochs.empty() ? nullptr : &buffer.epochs.back();
}

PgtBufClause clause(
    const char* text, core::GuestFrame left, const char* sign, core::GuestFrame right, bool holds)
{
    return {QLatin1String(text),
        QStringLiteral("%1 %2 %3").arg(hexOf(left.value), QLatin1String(sign), hexOf(right.value)), holds};
}

} // namespace

QString epochText(const core::PageTableBuffer& buffer, std::size_t number)
{
    const core::PgtBufEpoch& epoch = buffer.epochs[number];
    const bool live = core::liveEpoch(buffer) == &epoch;
    const QString rest = live ? Text::tr("%1 reserved") : Text::tr("%1 handed back");
    QString text = Text::tr("epoch %1 of %2 · %3 used")
                       .arg(number + 1)
                       .arg(buffer.epochs.size())
                       .arg(epoch.end - epoch.start)
        + QStringLiteral(" · ") + rest.arg(epoch.top - epoch.end);
    if (buffer.trust == core::PgtBufTrust::Stale)
        text += Text::tr(" · variables freed, last valid values");
    return text;
}

PgtBufPage pgtBufPage(const StepState& state, core::FrameNumber frame)
{
    const core::PageTableBuffer& buffer = state.snapshot()->pgtBuf();
    PgtBufPage page;
    page.frame = frame;
    page.place = state.snapshot()->bufferPlace(frame);
    page.what = roleDescription(state, frame) + servedAddresses(state, frame)
        + xenTypeBeside(*state.snapshot(), frame);
    const auto pfn = state.snapshot()->guestFrame(frame);
    if (const core::PgtBufEpoch* epoch = pfn ? epochOf(buffer, *pfn) : nullptr) {
        page.clauses = {
            clause("pfn >= pgt_buf_start", *pfn, ">=", epoch->start, *pfn >= epoch->start),
            clause("pfn < pgt_buf_end", *pfn, "<", epoch->end, *pfn < epoch->end),
            clause("pfn < pgt_buf_top", *pfn, "<", epoch->top, *pfn < epoch->top),
        };
    }
    page.mappings = judgedMappings(state, frame);
    return page;
}

} // namespace pgtscope::views
