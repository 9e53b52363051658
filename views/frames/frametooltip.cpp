// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "core/base/numbers.h"
#include "core/rules/findingtext.h"
#include "core/walk/framemappings.h"
#include "core/walk/unreadtables.h"
#include "views/frames/framemap.h"
#include "views/model/hypotheticals.h"
#include "views/model/text.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr std::size_t mappingsInToolTip = 4;
constexpr int maxFindings = 3;

QString mappingLines(const StepState& state, core::FrameNumber frame)
{
    const core::FrameMappings found = state.rules().mappingsOf({frame});
    const core::MappingTally tally = found.tally(0);
    if (tally.entries == 0)
        return core::unreadTables(*state.snapshot()).empty()
            ? Text::tr("<br>mapped nowhere")
            : Text::tr("<br>mapped nowhere in what could be read");
    QString text = Text::tr("<br>%1 %2, %3 of them writable")
                       .arg(countOf(tally.entries, "entry"),
                           tally.entries == 1 ? Text::tr("maps it") : Text::tr("map it"))
                       .arg(tally.writable);
    for (const core::Alias& alias : found.aliases(frame, mappingsInToolTip)) {
        const QString where = alias.reach.detached ? Text::tr("detached table")
                                                   : linearOf(state.snapshot()->paging(), alias.linear);
        text += QStringLiteral("<br>&nbsp;&nbsp;<tt>%1</tt> %2%3")
                    .arg(where, rightsOf(alias.rights), otherHalfBeside(alias.reach));
    }
    if (tally.entries > mappingsInToolTip)
        text += QStringLiteral("<br>&nbsp;&nbsp;…");
    return text;
}

QString findingLines(const StepState& state, core::FrameNumber frame)
{
    QString text;
    int listed = 0;
    for (const core::RuleReport& report : state.reports()) {
        for (const core::Finding& finding : report.findings) {
            const bool shown
                = finding.standing != core::Standing::Hypothetical || Hypotheticals::instance().shown();
            if (!shown || frame - finding.frame >= finding.frames || listed == maxFindings)
                continue;
            ++listed;
            text += QStringLiteral("<br><b>%1</b> %2: %3")
                        .arg(findingLabel(finding.state, finding.standing),
                            ruleLabel(finding.rule).toHtmlEscaped(),
                            QString::fromStdString(finding.summary).toHtmlEscaped());
        }
    }
    return text;
}

/// "300 free RAM", "12 page table", the most frequent first; frames without a role are no RAM.
QStringList roleCounts(const TintedContent& content, core::FrameNumber first, core::FrameNumber end)
{
    std::array<std::uint64_t, core::frameLookCount> counts{};
    std::uint64_t known = 0;
    auto range = std::lower_bound(content.ranges.begin(), content.ranges.end(), first,
        [](const core::LookRange& r, core::FrameNumber frame) { return r.end <= frame; });
    for (; range != content.ranges.end() && range->begin < end; ++range) {
        const std::uint64_t frames = std::min(range->end, end) - std::max(range->begin, first);
        counts[static_cast<std::size_t>(range->look)] += frames;
        known += frames;
    }
    counts[static_cast<std::size_t>(FrameLook::NotRam)] += (end - first) - known;
    std::vector<std::size_t> looks;
    for (std::size_t look = 0; look < counts.size(); ++look)
        if (counts[look] != 0)
            looks.push_back(look);
    std::stable_sort(
        looks.begin(), looks.end(), [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
    QStringList texts;
    for (const std::size_t look : looks)
        texts += QStringLiteral("%1 %2").arg(QString::fromStdString(core::groupedText(counts[look])),
            Theme::instance().frameText(static_cast<FrameLook>(look)));
    return texts;
}

QStringList findingCounts(const TintedContent& content, core::FrameNumber first, core::FrameNumber end)
{
    std::array<std::uint64_t, core::findingStateCount> counts{};
    auto found = std::lower_bound(content.findings.begin(), content.findings.end(), first,
        [](const auto& finding, core::FrameNumber frame) { return finding.first < frame; });
    for (; found != content.findings.end() && found->first < end; ++found)
        ++counts[static_cast<std::size_t>(found->second)];
    QStringList texts;
    for (std::size_t state = 0; state < counts.size(); ++state)
        if (counts[state] != 0)
            texts += QStringLiteral("%1 %2 %3")
                         .arg(Theme::instance().findingGlyph(static_cast<core::FindingState>(state)),
                             QString::fromStdString(core::groupedText(counts[state])),
                             wordsOf(core::findingStateName(static_cast<core::FindingState>(state))));
    return texts;
}

} // namespace

QString cellTooltip(
    const StepState& state, const TintedContent& content, core::FrameNumber first, std::uint64_t frames)
{
    const core::FrameNumber end = std::min(first + frames, content.end);
    QString text = FrameMap::tr("<b>%1 – %2</b>%3<br>%4: %5")
                       .arg(hexOf(core::addressOf(first).value), hexOf(core::addressOf(end).value),
                           pfnBeside(*state.snapshot(), first), countOf(end - first, "frame"),
                           roleCounts(content, first, end).join(QStringLiteral(", ")));
    const QStringList findings = findingCounts(content, first, end);
    if (!findings.isEmpty())
        text += FrameMap::tr("<br>findings, in frames: %1").arg(findings.join(QStringLiteral(", ")));
    return text;
}

QString frameTooltip(const StepState& state, core::FrameNumber frame)
{
    QString text
        = Text::tr("<b>%1</b> (frame %2)%3<br>%4")
              .arg(hexOf(core::addressOf(frame).value), hexOf(frame.value),
                  pfnBeside(*state.snapshot(), frame), frameDescription(state, frame).toHtmlEscaped());
    text += mappingLines(state, frame) + findingLines(state, frame);
    if (state.marked(frame))
        text += QStringLiteral("<br>◥ ") + state.markText();
    return text;
}

} // namespace pgtscope::views
