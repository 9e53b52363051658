// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/differencepanel.h"

#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QVBoxLayout>

#include "views/filters/filteredit.h"
#include "views/model/document.h"
#include "views/timeline/differencesmodel.h"
#include "views/widgets/gridtable.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

/// What differs and is no row of the table.
QString otherText(const core::OtherChanges& other)
{
    QStringList parts;
    for (const core::OtherChange& each : core::otherChanges())
        if (other.*each.flag)
            parts += toText(each.words);
    return parts.isEmpty()
        ? QString()
        : DifferencePanel::tr(" Also different: %1.").arg(parts.join(QStringLiteral(", ")));
}

/// `cut`: there are more than were counted.
QString countedText(std::size_t count, bool cut, std::string_view noun)
{
    return cut ? DifferencePanel::tr("over %1").arg(countOf(count, noun)) : countOf(count, noun);
}

QString countsText(const core::SnapshotDiff& diff)
{
    if (diff.mappings.empty() && diff.tables.empty())
        return DifferencePanel::tr("no table, entry or mapping differs.");
    const QStringList counts{countedText(diff.mappings.size(), diff.mappingsTruncated, "mapping"),
        countedText(diff.tables.tables.size(), false, "table"),
        countedText(diff.tables.entries.size(), diff.entriesTruncated, "entry")};
    return counts.join(QStringLiteral(", ")) + QLatin1Char('.');
}

} // namespace

DifferencePanel::DifferencePanel(Document& document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_model(new DifferencesModel(this))
    , m_headline(new QLabel(this))
    , m_filter(new FilterEdit(document, this))
    , m_table(makeTable())
{
    setObjectName(QStringLiteral("differences"));
    m_headline->setObjectName(QStringLiteral("differencesHeadline"));
    m_headline->setWordWrap(true);
    m_headline->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_filter->line().setObjectName(QStringLiteral("differencesFilter"));
    m_filter->line().setPlaceholderText(tr("filter, before or after"));
    m_filter->line().setAccessibleName(tr("Filter of the differences"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 0, 0, 0);
    layout->setSpacing(2);
    // Beside each other: below the plot every line counts.
    auto* top = new QHBoxLayout;
    top->addWidget(m_headline, 3);
    top->addWidget(m_filter, 2);
    layout->addLayout(top);
    layout->addWidget(m_table, 1);
    connect(m_filter, &FilterEdit::filterChanged, this, [this] {
        m_model->show(m_model->comparison(), m_filter->filter());
        showHeadline();
    });
}

QTableView* DifferencePanel::makeTable()
{
    auto* table = new QTableView(this);
    table->setModel(m_model);
    table->setFrameShape(QFrame::NoFrame);
    table->setAccessibleName(tr("Differences of two steps"));
    makeDense(*table);
    connect(m_model, &QAbstractItemModel::modelReset, table, [table] { fitColumns(*table); });
    const auto choose = [this](const QModelIndex& index) { emit chosen(m_model->placeAt(index)); };
    connect(table, &QTableView::clicked, this, choose);
    connect(table, &QTableView::activated, this, choose);
    return table;
}

void DifferencePanel::showComparison()
{
    const StepStatePtr& state = m_document.state();
    m_filter->reread();
    m_model->show(state ? state->comparison() : ComparisonPtr(), m_filter->filter());
    showHeadline();
}

void DifferencePanel::showHeadline()
{
    const StepStatePtr& state = m_document.state();
    const ComparisonPtr comparison = state ? state->comparison() : ComparisonPtr();
    const bool rows = comparison && m_model->total() != 0;
    m_filter->setVisible(rows);
    m_table->setVisible(rows);
    if (!comparison) {
        m_headline->setText(m_document.compared()
                ? tr(
                    "<b>Step %1 is marked \u21c4.</b> Now choose the other step: in the list, in the plot or "
                    "with the arrow keys.")
                      .arg(*m_document.compared())
                : QString());
        return;
    }
    const QString other = otherText(comparison->diff().other);
    m_headline->setToolTip(rows ? other.trimmed() : QString());
    QString text = tr("<b>Step %1 \u2192 step %2</b>: %3%4")
                       .arg(comparison->before().step)
                       .arg(comparison->after().step)
                       .arg(countsText(comparison->diff()), rows ? QString() : other);
    if (!m_filter->filter().empty())
        text += tr(" The filter shows %1 of %2.").arg(m_model->rowCount()).arg(m_model->total());
    m_headline->setText(text);
}

QString DifferencePanel::headline() const { return m_headline->text(); }

} // namespace pgtscope::views
