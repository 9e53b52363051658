// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/storetext.h"

#include "core/paging/paging.h"
#include "views/model/text.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

/// Where the entry leads, and its own rights; the raw value if it leads nowhere.
QString valueText(const core::Entry& entry)
{
    if (!entry.present())
        return entry.raw == 0 ? QStringLiteral("0") : hexOf(entry.raw) + Text::tr(" (not present)");
    return hexOf(entry.target.value) + QLatin1Char(' ') + rightsOf(entry.rights);
}

} // namespace

QString storeText(const core::Step& step, const core::StepChanges& changes)
{
    if (step.cause != core::StepCause::TableWrite || changes.entries.size() != 1)
        return {};
    const core::EntryChange& change = changes.entries.front();
    // The step was read without its snapshot: what the processor can do only decides which bits are reserved.
    const core::Paging paging(step.cpu.control, {});
    const unsigned level = change.level();
    if (level == 0 || level > paging.levels())
        return {};
    return QStringLiteral("%1 %2: %3 \u2192 %4")
        .arg(levelOf(paging, level), hexOf(change.address.value),
            valueText(paging.decode(level, change.before)), valueText(paging.decode(level, change.after)));
}

} // namespace pgtscope::views
