// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/entry/entryhistorymodel.h"

#include <algorithm>

#include <QFont>

#include "core/base/numbers.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

QString writerText(const core::EntryEvent& event)
{
    if (!event.change.writer)
        return {};
    return event.change.writer->symbol.empty() ? hexOf(event.change.writer->rip.value)
                                               : QString::fromStdString(event.change.writer->symbol);
}

namespace {

/// The last of them that has happened at the step; -1 if none has.
int presentAt(core::StepNumber step, const std::vector<core::EntryEvent>& events)
{
    const auto later = std::upper_bound(events.begin(), events.end(), step,
        [](core::StepNumber at, const core::EntryEvent& event) { return at < event.step; });
    return static_cast<int>(later - events.begin()) - 1;
}

} // namespace

void EntryHistoryModel::setEvents(std::vector<core::EntryEvent> events, core::StepNumber shown)
{
    beginResetModel();
    m_events = std::move(events);
    m_present = presentAt(shown, m_events);
    endResetModel();
}

bool EntryHistoryModel::shows(const std::vector<core::EntryEvent>& events, core::StepNumber shown) const
{
    const auto same = [](const core::EntryEvent& a, const core::EntryEvent& b) {
        return a.step == b.step && a.kind == b.kind && a.change == b.change;
    };
    return presentAt(shown, events) == m_present
        && std::equal(events.begin(), events.end(), m_events.begin(), m_events.end(), same);
}

int EntryHistoryModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_events.size());
}

int EntryHistoryModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : columns; }

QString EntryHistoryModel::display(const core::EntryEvent& event, int row, int column) const
{
    const unsigned digits = event.change.bytes * 2U;
    const bool ofTable
        = event.kind == core::EntryEventKind::Removed || event.kind == core::EntryEventKind::Appeared;
    switch (static_cast<Column>(column)) {
    case StepColumn:
        return (row == m_present ? QStringLiteral("\u25b8 ") : QString())
            + QString::fromStdString(core::groupedText(event.step));
    case What:
        return wordsOf(core::entryEventText(event.kind));
    case Before:
        return event.kind == core::EntryEventKind::Changed ? hexOf(event.change.before, digits) : QString();
    case After:
        return ofTable ? QString() : hexOf(event.change.after, digits);
    case Writer:
        // What no store made, the processor did, if it is its own two flags.
        if (event.kind == core::EntryEventKind::Changed && !event.change.writer
            && core::lastWrite(std::span(&event, 1)) == nullptr)
            return tr("(the processor)");
        return writerText(event);
    }
    return {};
}

QVariant EntryHistoryModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const core::EntryEvent& event = m_events[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return display(event, index.row(), index.column());
    case Qt::ToolTipRole:
        return tr("A click goes to step %1").arg(QString::fromStdString(core::groupedText(event.step)));
    case Qt::FontRole: {
        const bool fixed = index.column() == Before || index.column() == After;
        QFont font = fixed ? Theme::instance().fixedFont() : QFont();
        font.setBold(index.row() == m_present);
        return font;
    }
    case Qt::ForegroundRole:
        // What has not happened yet at the step that is shown.
        return index.row() > m_present ? QVariant(Theme::instance().mutedText()) : QVariant();
    case PresentRole:
        return index.row() == m_present;
    default:
        return {};
    }
}

QVariant EntryHistoryModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (static_cast<Column>(section)) {
    case StepColumn:
        return tr("Step");
    case What:
        return tr("What");
    case Before:
        return tr("Old value");
    case After:
        return tr("New value");
    case Writer:
        return tr("Written by");
    }
    return {};
}

} // namespace pgtscope::views
