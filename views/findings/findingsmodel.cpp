// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/findings/findingsmodel.h"

#include <algorithm>

#include <QColor>
#include <QFont>

#include "core/base/numbers.h"
#include "core/filter/entrysubject.h"
#include "core/rules/findingtext.h"
#include "views/model/hypotheticals.h"
#include "views/model/text.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

/// The internal id of a rule's row; a finding's is the row of its rule plus one.
constexpr quintptr ruleId = 0;

bool sameLine(const core::Finding& a, const core::Finding& b)
{
    return a.state == b.state && a.standing == b.standing && a.frame == b.frame && a.frames == b.frames
        && a.entry.address == b.entry.address && a.entry.level == b.entry.level
        && a.entry.index == b.entry.index && a.entry.linear == b.entry.linear
        && a.entry.detached == b.entry.detached && a.entry.paths == b.entry.paths && a.summary == b.summary;
}

bool sameLines(const core::RuleReport& a, const core::RuleReport& b)
{
    return a.rule == b.rule && a.totals == b.totals && a.standing == b.standing && a.coverage == b.coverage
        && std::equal(a.findings.begin(), a.findings.end(), b.findings.begin(), b.findings.end(), sameLine);
}

/// A violation that belongs to the stage is called by what it is: "early W+X until mark_rodata_ro: 97 pages".
QString stageCountText(const core::RuleReport& report, core::FindingState state, core::Standing standing)
{
    const std::uint64_t pages = report.totals.frames(state, standing);
    const QString pagesOf = countOf(pages, "page");
    if (standing == core::Standing::Expected && state == core::FindingState::Violation
        && !report.stage.empty())
        return QStringLiteral("%1: %2").arg(QString::fromStdString(report.stage), pagesOf);
    const std::uint64_t count = report.totals.of(state, standing);
    const QString text = findingCountText(state, standing, count);
    return pages == count ? text : QStringLiteral("%1 (%2)").arg(text, pagesOf);
}

QStringList countTexts(const core::RuleReport& report, core::Standing standing)
{
    QStringList parts;
    for (std::size_t i = 0; i < core::findingStateCount; ++i) {
        const auto state = static_cast<core::FindingState>(i);
        if (report.totals.of(state, standing) != 0)
            parts += stageCountText(report, state, standing);
    }
    return parts;
}

} // namespace

namespace {

/// As core::placeText().
QString whereText(const core::FindingEntry& entry)
{
    if (entry.detached)
        return Text::tr("in a detached table, which no walk from CR3 reaches");
    if (entry.paths <= 1)
        return Text::tr("at %1").arg(hexOf(entry.linear.value));
    return Text::tr("at %1 linear addresses from %2 on").arg(entry.paths).arg(hexOf(entry.linear.value));
}

} // namespace

QString totalsText(const core::RuleReport& report)
{
    switch (report.answer()) {
    case core::RuleAnswer::NotApplicable:
        return Text::tr("not applicable: ") + QString::fromStdString(report.coverage.notApplicable);
    case core::RuleAnswer::Gap:
        return report.coverage.evaluated
            ? Text::tr("◔ nothing found in what could be read: ")
                + QString::fromStdString(report.incomplete())
            : Text::tr("◔ could not be applied: ") + QString::fromStdString(report.notEvaluated());
    case core::RuleAnswer::Clean:
        return Text::tr("✓ nothing found");
    case core::RuleAnswer::Findings:
        break;
    }
    QStringList parts
        = countTexts(report, core::Standing::Broken) + countTexts(report, core::Standing::Expected);
    if (Hypotheticals::instance().shown())
        parts += countTexts(report, core::Standing::Hypothetical);
    else if (parts.isEmpty())
        parts += Text::tr("allowed on this machine");
    if (!report.coverage.gaps.empty())
        parts += Text::tr("◔ not everything could be read");
    return parts.join(QStringLiteral(" · "));
}

const std::vector<const core::RuleReport*>& FindingsModel::reports() const
{
    if (m_reports.empty() && m_state) {
        for (const core::RuleReport& report : m_state->reports())
            m_reports.push_back(&report);
        std::stable_partition(m_reports.begin(), m_reports.end(),
            [](const core::RuleReport* report) { return !report->findings.empty(); });
        std::stable_partition(m_reports.begin(), m_reports.end(),
            [](const core::RuleReport* report) { return report->broken() != 0; });
    }
    return m_reports;
}

bool FindingsModel::looksLike(const StepStatePtr& state) const
{
    if (m_hypotheticals != Hypotheticals::instance().shown())
        return false;
    // A colour rule may ask for anything, and under Xen PFNs are shown beside the frames.
    if (!m_state || !state || !m_colours.active().empty() || m_state->snapshot()->xen()
        || state->snapshot()->xen())
        return false;
    const auto& before = m_state->reports();
    const auto& after = state->reports();
    return std::equal(before.begin(), before.end(), after.begin(), after.end(), sameLines);
}

bool FindingsModel::setState(const StepStatePtr& state, const core::SymbolTable& symbols)
{
    const StepColours colours(state, symbols);
    if (colours.active().empty() && looksLike(state)) {
        m_state = state;
        m_reports.clear();
        m_colours = colours;
        m_knowledge = state->knowledge();
        return false;
    }
    beginResetModel();
    m_hypotheticals = Hypotheticals::instance().shown();
    m_state = state;
    m_reports.clear();
    m_colours = colours;
    m_knowledge = state ? state->knowledge() : core::FilterKnowledge{};
    endResetModel();
    return true;
}

bool FindingsModel::matches(const core::Filter& filter, const core::Finding& finding) const
{
    return filter.empty() || filter.matches(core::FindingSubject(*m_state->snapshot(), finding, m_knowledge));
}

const ColourRule* FindingsModel::colour(const core::Finding& finding) const
{
    if (m_colours.active().empty())
        return nullptr;
    return m_colours.of(core::FindingSubject(*m_state->snapshot(), finding, m_knowledge));
}

const core::RuleReport* FindingsModel::report(const QModelIndex& index) const
{
    if (!index.isValid())
        return nullptr;
    const auto rule = index.internalId() == ruleId ? static_cast<std::size_t>(index.row())
                                                   : static_cast<std::size_t>(index.internalId() - 1);
    return rule < reports().size() ? reports()[rule] : nullptr;
}

const core::Finding* FindingsModel::finding(const QModelIndex& index) const
{
    if (!index.isValid() || index.internalId() == ruleId)
        return nullptr;
    const core::RuleReport* of = report(index);
    const auto row = static_cast<std::size_t>(index.row());
    return of && row < of->findings.size() ? &of->findings[row] : nullptr;
}

QModelIndex FindingsModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : ruleId);
}

QModelIndex FindingsModel::parent(const QModelIndex& child) const
{
    if (!child.isValid() || child.internalId() == ruleId)
        return {};
    return createIndex(static_cast<int>(child.internalId() - 1), 0, ruleId);
}

int FindingsModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid())
        return static_cast<int>(reports().size());
    if (parent.internalId() != ruleId || parent.column() != 0)
        return 0;
    return static_cast<int>(reports()[static_cast<std::size_t>(parent.row())]->findings.size());
}

int FindingsModel::columnCount(const QModelIndex&) const { return columns; }

QString FindingsModel::findingText(const core::Finding& finding, int column) const
{
    switch (static_cast<Column>(column)) {
    case What:
        return withMark(findingLabel(finding.state, finding.standing), colour(finding));
    case Frame:
        return hexOf(finding.frame.value) + pfnBeside(*m_state->snapshot(), finding.frame)
            + (finding.frames == 1 ? QString() : QStringLiteral(" +%1").arg(finding.frames - 1));
    case Entry:
        return hexOf(finding.entry.address.value);
    case Where:
        return whereText(finding.entry);
    }
    return {};
}

QVariant FindingsModel::findingData(const core::Finding& finding, int column, int role) const
{
    switch (role) {
    case Qt::DisplayRole:
        return findingText(finding, column);
    case Qt::ToolTipRole:
        return QString::fromStdString(finding.summary);
    case Qt::ForegroundRole:
        return column == What
            ? QVariant(Theme::instance().finding(core::drawnAs(finding.state, finding.standing)))
            : QVariant();
    case Qt::FontRole:
        return column == Frame || column == Entry ? QVariant(Theme::instance().fixedFont()) : QVariant();
    case StateRole:
        return static_cast<int>(core::drawnAs(finding.state, finding.standing));
    case Qt::BackgroundRole:
    case ColourRole:
        return colour(finding) ? QVariant(tintOf(*colour(finding))) : QVariant();
    default:
        return {};
    }
}

QVariant FindingsModel::ruleData(const core::RuleReport& report, int column, int role) const
{
    if (role == Qt::FontRole) {
        QFont font;
        font.setBold(column == What);
        return font;
    }
    if (role == Qt::ToolTipRole) {
        const core::Rule* rule = core::findRule(report.rule);
        // The row may have no room for all that was found.
        return (rule ? wordsOf(rule->text().title) + QLatin1Char('\n') : QString()) + totalsText(report);
    }
    if (role != Qt::DisplayRole)
        return {};
    if (column == What)
        return ruleLabel(report.rule);
    if (column != Where)
        return {};
    return totalsText(report);
}

QVariant FindingsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    if (const core::Finding* one = finding(index))
        return findingData(*one, index.column(), role);
    const core::RuleReport* of = report(index);
    return of ? ruleData(*of, index.column(), role) : QVariant();
}

QVariant FindingsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (static_cast<Column>(section)) {
    case What:
        return tr("Rule, state");
    case Frame:
        return tr("Frame");
    case Entry:
        return tr("Entry at");
    case Where:
        return tr("Where");
    }
    return {};
}

} // namespace pgtscope::views
