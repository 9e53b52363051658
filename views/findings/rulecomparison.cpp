// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/findings/rulecomparison.h"

#include <algorithm>

#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "core/rules/ruledifference.h"
#include "views/model/text.h"
#include "views/widgets/gridtable.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

/// Lines that a person can read; the counts are exact whatever is listed.
constexpr std::size_t maxLines = 2000;

QComboBox* makeChoice(const char* name, core::RuleComparison place)
{
    auto* box = new QComboBox;
    box->setObjectName(QLatin1String(name));
    for (const auto& one : core::allRules())
        box->addItem(ruleLabel(one->name()), toText(one->name()));
    box->setCurrentIndex(box->findData(toText(core::comparedRule(place).name())));
    // The list shows the names in full; a narrow dock is no reason to cut the dock's other texts.
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(12);
    return box;
}

const core::RuleReport* reportOf(const StepState& state, const QString& rule)
{
    const auto& reports = state.reports();
    const auto found = std::find_if(reports.begin(), reports.end(),
        [&](const core::RuleReport& r) { return QString::fromStdString(r.rule) == rule; });
    return found == reports.end() ? nullptr : &*found;
}

/// Beside the rule; why there is none is too long for that place.
QString countText(const core::RuleReport& report)
{
    return report.coverage.evaluated ? countOf(report.total(), "entry") : Text::tr("not evaluated");
}

void addLines(std::vector<GridRow>& rows, const core::Snapshot& snapshot,
    const std::vector<core::FindingMark>& marks, const QString& who)
{
    for (const core::FindingMark& mark : marks) {
        if (rows.size() == maxLines)
            return;
        Place place;
        place.frame = mark.frame;
        place.entry = mark.entry;
        GridRow row;
        row.cells = {who, findingLabel(mark.state, mark.standing),
            hexOf(mark.frame.value) + pfnBeside(snapshot, mark.frame), hexOf(mark.entry.value)};
        row.place = place;
        row.state = core::drawnAs(mark.state, mark.standing);
        rows.push_back(row);
    }
}

} // namespace

RuleComparison::RuleComparison(QWidget* parent)
    : QWidget(parent)
    , m_first(makeChoice("firstRule", core::RuleComparison::First))
    , m_second(makeChoice("secondRule", core::RuleComparison::Second))
    , m_counts{new QLabel, new QLabel}
    , m_summary(new QLabel)
    , m_model(new GridModel({tr("Reported by"), tr("State"), tr("Frame"), tr("Entry at")}, 2, 3, this))
{
    setObjectName(QStringLiteral("ruleComparison"));
    m_first->setAccessibleName(tr("First rule"));
    m_second->setAccessibleName(tr("Second rule"));
    m_summary->setObjectName(QStringLiteral("ruleSummary"));
    m_summary->setWordWrap(true);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* table = new GridTable(m_model);
    table->setObjectName(QStringLiteral("ruleDifference"));
    table->setAccessibleName(tr("Entries on which the two rules disagree"));
    auto* choices = new QGridLayout;
    choices->setVerticalSpacing(2);
    choices->setColumnStretch(0, 1);
    choices->addWidget(m_first, 0, 0);
    choices->addWidget(m_second, 1, 0);
    choices->addWidget(m_counts[0], 0, 1);
    choices->addWidget(m_counts[1], 1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 4, 4, 0);
    layout->addLayout(choices);
    layout->addWidget(m_summary);
    layout->addWidget(table, 1);
    connect(m_first, &QComboBox::currentIndexChanged, this, &RuleComparison::compare);
    connect(m_second, &QComboBox::currentIndexChanged, this, &RuleComparison::compare);
    connect(table, &GridTable::chosen, this, &RuleComparison::chosen);
}

void RuleComparison::setState(const StepStatePtr& state)
{
    m_state = state;
    compare();
}

void RuleComparison::compare()
{
    const core::RuleReport* first = m_state ? reportOf(*m_state, m_first->currentData().toString()) : nullptr;
    const core::RuleReport* second
        = m_state ? reportOf(*m_state, m_second->currentData().toString()) : nullptr;
    if (!first || !second) {
        for (QLabel* text : {m_counts[0], m_counts[1], m_summary})
            text->clear();
        m_model->setRows({});
        return;
    }
    const core::RuleDifference difference = core::ruleDifference(*first, *second);
    m_counts[0]->setText(countText(*first));
    m_counts[1]->setText(countText(*second));
    QString summary = tr("%1 only by the first, %2 only by the second, %3 by both")
                          .arg(difference.onlyFirst.size())
                          .arg(difference.onlySecond.size())
                          .arg(difference.both.size());
    for (const core::RuleReport* report : {first, second})
        if (!report->coverage.evaluated)
            summary += QStringLiteral("; %1: %2")
                           .arg(ruleLabel(report->rule), QString::fromStdString(report->notEvaluated()));
    if (!difference.complete)
        summary += tr("; some could not be compared");
    std::vector<GridRow> rows;
    const core::Snapshot& snapshot = *m_state->snapshot();
    addLines(rows, snapshot, difference.onlyFirst, tr("only ") + m_first->currentData().toString());
    addLines(rows, snapshot, difference.onlySecond, tr("only ") + m_second->currentData().toString());
    addLines(rows, snapshot, difference.both, tr("both"));
    if (rows.size() == maxLines)
        summary += tr("; the first %1 are listed").arg(maxLines);
    m_summary->setText(summary);
    m_model->setRows(std::move(rows));
}

} // namespace pgtscope::views
