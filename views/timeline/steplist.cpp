// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/steplist.h"

#include <algorithm>

#include <QHeaderView>
#include <QResizeEvent>
#include <QScrollBar>

#include "views/timeline/stepsmodel.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

constexpr int fewestRows = 4; // whatever the plot and its lanes would take
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
    const int row
        = std::max(fontMetrics().height(), QFontMetrics(Theme::instance().fixedFont()).height()) + 2;
    setMinimumHeight(
        header()->sizeHint().height() + fewestRows * row + horizontalScrollBar()->sizeHint().height());
    for (int column = 0; column < static_cast<int>(std::size(widths)); ++column)
        header()->resizeSection(column, widths[column] * letterWidth());
    hideColumns();
}

/// Where there is no room for all, the list goes without the function, then without the counts of changes.
void StepList::hideColumns()
{
    int needed = 0;
    for (const int wide : widths)
        needed += wide * letterWidth();
    for (const int column : {StepsModel::Place, StepsModel::Entries}) {
        const bool hidden = needed > viewport()->width();
        setColumnHidden(column, hidden);
        needed -= hidden ? widths[column] * letterWidth() : 0;
    }
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
