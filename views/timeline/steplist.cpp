// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/steplist.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include <QHeaderView>
#include <QResizeEvent>
#include <QScrollBar>

#include "views/timeline/stepsmodel.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

constexpr int fewestRows = 4; // whatever the plot and its lanes would take
constexpr int leastFindings = 16; // letters
constexpr int widths[] = {7, 12, 22, 28, 24, 34}; // in letters, in the order of the columns

int letterWidth() { return QFontMetrics(Theme::instance().fixedFont()).horizontalAdvance(QLatin1Char('0')); }

} // namespace

StepList::StepList(StepsModel& model, QWidget* parent)
    : QTreeView(parent)
{
    setObjectName(QStringLiteral("steps"));
    setAccessibleName(tr("Steps"));
    setModel(&model);
    setRootIsDecorated(false);
    setItemsExpandable(false);
    setUniformRowHeights(true);
    setFrameShape(QFrame::NoFrame);
    setAllColumnsShowFocus(true);
    header()->setStretchLastSection(false);
    header()->setSectionResizeMode(StepsModel::Text, QHeaderView::Stretch);
    fitType();
}

void StepList::fitType()
{
    updateGeometry();
    for (int column = 0; column < static_cast<int>(std::size(widths)); ++column)
        header()->resizeSection(column, widths[column] * letterWidth());
    hideColumns();
}

QSize StepList::minimumSizeHint() const
{
    const int row
        = std::max(fontMetrics().height(), QFontMetrics(Theme::instance().fixedFont()).height()) + 2;
    return {QTreeView::minimumSizeHint().width(),
        header()->sizeHint().height() + fewestRows * row + 2 * frameWidth()};
}

/// Where there is no room for all, the list goes without the function, then without the counts of changes;
/// then findings give way to what happened.
void StepList::hideColumns()
{
    const int letter = letterWidth();
    int needed = std::accumulate(std::begin(widths), std::end(widths), 0) * letter;
    for (const int column : {StepsModel::Place, StepsModel::Entries}) {
        const bool hidden = needed > viewport()->width();
        setColumnHidden(column, hidden);
        needed -= hidden ? widths[column] * letter : 0;
    }
    const int lacking = std::max(0, needed - viewport()->width());
    const int findings = widths[StepsModel::Findings] * letter;
    if (lacking != 0 || m_narrow)
        header()->resizeSection(StepsModel::Findings, std::max(findings - lacking, leastFindings * letter));
    m_narrow = lacking != 0;
}

void StepList::changeEvent(QEvent* event)
{
    QTreeView::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        fitType();
}

void StepList::resizeEvent(QResizeEvent* event)
{
    // Only then does it know how many rows it has room for.
    QTreeView::resizeEvent(event);
    if (event->size().width() != event->oldSize().width())
        hideColumns();
    if (currentIndex().isValid())
        scrollTo(currentIndex());
}

} // namespace pgtscope::views
