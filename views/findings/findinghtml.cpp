// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/findings/findinghtml.h"

#include "core/base/numbers.h"
#include "core/linux/pageisolation.h"
#include "core/rules/findingtext.h"
#include "views/findings/findingsmodel.h"
#include "views/model/placelink.h"
#include "views/model/text.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr std::size_t mappingsListed = 16;

QString escaped(std::string_view text) { return toText(text).toHtmlEscaped(); }

QString anchor(const QString& link, const QString& text)
{
    return QStringLiteral("<a href='%1'>%2</a>").arg(link, text.toHtmlEscaped());
}

QString clauseLine(const core::Clause& clause)
{
    const Theme& theme = Theme::instance();
    return QStringLiteral("<p style='margin:4px 0 0 0'><b style='color:%1'>%2</b> %3<br>"
                          "<tt style='color:%4'>&nbsp;&nbsp;&nbsp;%5</tt></p>")
        .arg(theme.finding(clause.holds ? core::FindingState::Transient : core::FindingState::Note).name(),
            clause.holds ? Text::tr("✓ holds:") : Text::tr("✗ does not hold:"), escaped(clause.text),
            theme.mutedText().name(), escaped(clause.values));
}

QString mappingLines(const StepState& state, const core::Finding& finding)
{
    if (finding.mappings.empty())
        return {};
    QString text = Text::tr("<p><b>Mappings of the frame: %1</b>").arg(finding.mappingsTotal);
    for (std::size_t i = 0; i < finding.mappings.size() && i < mappingsListed; ++i) {
        const core::Alias& alias = finding.mappings[i];
        const QString where = alias.reach.detached ? Text::tr("detached table")
            : alias.reach.otherHalf
            ? linearOf(state.snapshot()->paging(), alias.linear) + otherHalfBeside(alias.reach)
            : anchor(linkTo(alias.linear), linearOf(state.snapshot()->paging(), alias.linear));
        text
            += QStringLiteral("<br>%1 &nbsp;%2 &nbsp;%3 %4")
                   .arg(where, rightsOf(alias.rights), levelOf(state.snapshot()->paging(), alias.entry.level),
                       anchor(linkToEntry(alias.entryAddress), hexOf(alias.entryAddress.value)));
    }
    if (finding.mappingsTotal > mappingsListed)
        text += QStringLiteral("<br>…");
    return text + QStringLiteral("</p>");
}

/// What made the entry what it is.
QString writeLine(const StepState& state, const core::Finding& finding, const WriteHistory& writes)
{
    if (!writes.index())
        return Text::tr("<p>Who wrote the entry: searching the steps…</p>");
    const auto history = writes.index()->history(finding.entry.address, state.step().number);
    const core::EntryEvent* write = core::lastWrite(history);
    if (!write)
        return Text::tr("<p>No step of this recording wrote the entry.</p>");
    if (write->kind == core::EntryEventKind::Appeared)
        return Text::tr("<p>The entry appeared with its table at step %1 — %2</p>")
            .arg(QString::fromStdString(core::groupedText(write->step)),
                anchor(linkToWrite(), Text::tr("go there")));
    const unsigned digits = write->change.bytes * 2U;
    // Between two stops nothing observes the guest: the change is known, not the store.
    QString text = Text::tr("<p>%1 at step %2")
                       .arg(write->change.writer ? Text::tr("Written") : Text::tr("Changed"),
                           QString::fromStdString(core::groupedText(write->step)));
    if (write->change.writer)
        text += Text::tr(" by <b>%1</b>")
                    .arg(write->change.writer->symbol.empty() ? hexOf(write->change.writer->rip.value)
                                                              : escaped(write->change.writer->symbol));
    if (write->kind == core::EntryEventKind::Changed)
        text += QStringLiteral(": <tt>%1</tt> → <tt>%2</tt>")
                    .arg(hexOf(write->change.before, digits), hexOf(write->change.after, digits));
    else
        text
            += Text::tr(", before the page was a table: <tt>%1</tt>").arg(hexOf(write->change.after, digits));
    return text + QStringLiteral(" — %1</p>").arg(anchor(linkToWrite(), Text::tr("go to the write")));
}

} // namespace

QString linkToWrite() { return QStringLiteral("pgtscope:write"); }

QString findingHtml(const StepState& state, const core::Finding& finding, const WriteHistory& writes)
{
    const Theme& theme = Theme::instance();
    const core::FindingState drawn = core::drawnAs(finding.state, finding.standing);
    QString html = QStringLiteral("<p><b style='color:%1'>%2 %3</b> · %4</p><p>%5</p>")
                       .arg(theme.finding(drawn).name(), theme.findingGlyph(drawn),
                           standingWord(finding.standing) + escaped(core::findingStateName(finding.state)),
                           ruleLabel(finding.rule).toHtmlEscaped(), escaped(finding.summary));
    html += Text::tr("<p>Frame %1%2: %3<br>Entry %4 %5</p>")
                .arg(anchor(linkTo(finding.frame), hexOf(finding.frame.value)),
                    pfnBeside(*state.snapshot(), finding.frame),
                    frameDescription(state, finding.frame).toHtmlEscaped(),
                    anchor(linkToEntry(finding.entry.address),
                        QString::fromStdString(core::entryText(state.snapshot()->paging(), finding.entry))),
                    escaped(core::placeText(finding.entry)));
    if (finding.entry.half != core::IsolationHalf::None)
        html += Text::tr("<p>In %1</p>").arg(escaped(core::halfText(finding.entry.half)));
    html += writeLine(state, finding, writes);
    for (const core::Clause& clause : finding.clauses)
        html += clauseLine(clause);
    html += mappingLines(state, finding);
    if (!finding.remedy.empty())
        html += Text::tr("<p><b>To satisfy the rule:</b> %1</p>").arg(escaped(finding.remedy));
    if (!finding.standingReason.empty())
        html += Text::tr("<p><b>Why it is %1:</b> %2</p>")
                    .arg(escaped(core::standingName(finding.standing)), escaped(finding.standingReason));
    return html;
}

QString ruleHtml(const core::RuleReport& report)
{
    QString html = QStringLiteral("<p><b>%1</b></p>").arg(ruleLabel(report.rule).toHtmlEscaped());
    if (const core::Rule* rule = core::findRule(report.rule))
        html += Text::tr("<p>%1</p><p>%2</p><p>Source: %3</p>")
                    .arg(escaped(rule->text().title), escaped(rule->text().description),
                        escaped(rule->text().source));
    html += QStringLiteral("<p>%1</p>").arg(totalsText(report).toHtmlEscaped());
    if (!report.standingReason.empty())
        html += Text::tr("<p>A violation of it is %1 here: %2</p>")
                    .arg(escaped(core::standingName(report.standing)), escaped(report.standingReason));
    for (const std::string& gap : report.coverage.gaps)
        html += Text::tr("<p>◔ Not checked: %1</p>").arg(escaped(gap));
    return html;
}

} // namespace pgtscope::views
