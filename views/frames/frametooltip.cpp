// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "core/base/numbers.h"
#include "core/rules/findingtext.h"
#include "core/walk/framemappings.h"
#include "views/frames/framemap.h"
#include "views/model/hypotheticals.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr std::size_t mappingsInToolTip = 4;
constexpr int mostFindings = 3;

QString mappingLines(const StepState& state, core::FrameNumber frame)
{
    const core::FrameMappings found = state.rules().mappingsOf({frame});
    const core::MappingTally tally = found.tally(0);
    if (tally.entries == 0)
        return QStringLiteral("<br>mapped nowhere");
    QString text
        = QStringLiteral("<br>%1 entries map it, %2 of them writable").arg(tally.entries).arg(tally.writable);
    for (const core::Alias& alias : found.aliases(frame, mappingsInToolTip)) {
        const QString where = alias.reach.detached ? QStringLiteral("detached table")
                                                   : linearOf(state.snapshot()->paging(), alias.linear);
        text += QStringLiteral("<br>&nbsp;&nbsp;<tt>%1</tt> %2").arg(where, rightsOf(alias.rights));
    }
    if (tally.entries > mappingsInToolTip)
        text += QStringLiteral("<br>&nbsp;&nbsp;…");
    return text;
}

QString findingLines(const StepState& state, core::FrameNumber frame)
{
    QString text;
    int told = 0;
    for (const core::RuleReport& report : state.reports()) {
        for (const core::Finding& finding : report.findings) {
            const bool shown
                = finding.standing != core::Standing::Hypothetical || Hypotheticals::instance().shown();
            if (!shown || frame - finding.frame >= finding.frames || told == mostFindings)
                continue;
            ++told;
            text += QStringLiteral("<br><b>%1</b> %2: %3")
                        .arg(findingLabel(finding.state, finding.standing),
                            ruleLabel(finding.rule).toHtmlEscaped(),
                            QString::fromStdString(finding.summary).toHtmlEscaped());
        }
    }
    return text;
}

} // namespace

QString frameTooltip(const StepState& state, core::FrameNumber frame)
{
    QString text
        = QStringLiteral("<b>%1</b> (frame %2)%3<br>%4")
              .arg(hexOf(core::addressOf(frame).value), hexOf(frame.value),
                  pfnBeside(*state.snapshot(), frame), frameDescription(state, frame).toHtmlEscaped());
    text += mappingLines(state, frame) + findingLines(state, frame);
    if (state.changed(frame))
        text += QStringLiteral("<br>◥ changed at this step");
    return text;
}

} // namespace pgtscope::views
