// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/stepsmodel.h"

#include <algorithm>
#include <array>
#include <limits>

#include <QSet>

#include "core/base/numbers.h"
#include "core/rules/finding.h"
#include "views/model/hypotheticals.h"
#include "views/model/text.h"
#include "views/timeline/stepcounts.h"
#include "views/timeline/storetext.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr int keptRows = 4000;

constexpr std::array<core::FindingState, 4> shownStates{core::FindingState::Violation,
    core::FindingState::Pending, core::FindingState::Transient, core::FindingState::Stale};

QString causeLabel(core::StepCause cause)
{
    switch (cause) {
    case core::StepCause::BootEvent:
        return Text::tr("\u25cf event");
    case core::StepCause::PgtBufChange:
        return Text::tr("\u25b8 pgt_buf");
    case core::StepCause::TableWrite:
        return Text::tr("\u270e write");
    case core::StepCause::Poke:
        return Text::tr("\u2691 poke");
    case core::StepCause::Death:
        return Text::tr("\u2020 death");
    case core::StepCause::Start:
    case core::StepCause::UserStop:
        break;
    }
    return QStringLiteral("\u25a0 ") + wordsOf(core::causeText(cause));
}

bool saysXen(const StepCounts& counts)
{
    return counts.hypothetical() != 0 && Hypotheticals::instance().shown();
}

QString findingsText(const StepCounts& counts)
{
    QStringList parts;
    for (const core::FindingState state : shownStates)
        if (counts.of(state) != 0)
            parts += findingCountText(state, core::Standing::Broken, counts.of(state));
    if (saysXen(counts))
        parts += Text::tr("%1 %2 hypothetical")
                     .arg(Theme::instance().findingGlyph(core::FindingState::Note))
                     .arg(counts.hypothetical());
    return parts.join(QStringLiteral("  "));
}

QString changesText(std::size_t entries, std::size_t tables)
{
    QStringList parts;
    if (entries != 0)
        parts += countOf(entries, "entry");
    if (tables != 0)
        parts += countOf(tables, "table");
    return parts.join(QStringLiteral(", "));
}

} // namespace

StepsModel::StepsModel(QObject* parent)
    : QAbstractTableModel(parent)
    , m_rows(keptRows)
{
}

void StepsModel::setTimeline(std::shared_ptr<core::Timeline> timeline, core::StepNumber size)
{
    beginResetModel();
    m_timeline = std::move(timeline);
    m_size = size;
    m_rows.clear();
    m_shown.reset();
    endResetModel();
}

void StepsModel::showFindings(bool enforced)
{
    m_enforced = enforced;
    if (rowCount() != 0)
        emit dataChanged(index(0, Findings), index(rowCount() - 1, Findings));
}

void StepsModel::setColours(StepColours colours)
{
    m_rows.clear();
    m_colours = std::move(colours);
    if (rowCount() != 0)
        emit dataChanged(index(0, 0), index(rowCount() - 1, columns - 1));
}

void StepsModel::setShown(std::optional<std::vector<core::StepNumber>> shown)
{
    const bool continues = m_shown && shown && shown->size() >= m_shown->size()
        && std::equal(m_shown->begin(), m_shown->end(), shown->begin());
    if (!continues) {
        beginResetModel();
        m_shown = std::move(shown);
        endResetModel();
    } else if (shown->size() > m_shown->size()) {
        beginInsertRows({}, rowCount(), static_cast<int>(shown->size()) - 1);
        m_shown = std::move(shown);
        endInsertRows();
    }
}

core::StepNumber StepsModel::stepAt(int row) const
{
    const auto at = static_cast<std::size_t>(row);
    return m_shown ? (*m_shown)[at] : at;
}

int StepsModel::rowOf(core::StepNumber step) const
{
    if (!m_shown)
        return step < m_size ? static_cast<int>(step) : -1;
    const auto after = std::upper_bound(m_shown->begin(), m_shown->end(), step);
    return static_cast<int>(after - m_shown->begin()) - 1;
}

void StepsModel::grow(core::StepNumber size)
{
    if (size <= m_size)
        return;
    // A search finds new steps in its own time.
    if (m_shown) {
        m_size = size;
        return;
    }
    const int first = rowCount();
    const auto limit = static_cast<core::StepNumber>(std::numeric_limits<int>::max());
    const int last = static_cast<int>(std::min(size, limit)) - 1;
    if (last < first)
        return;
    beginInsertRows({}, first, last);
    m_size = size;
    endInsertRows();
}

void StepsModel::setBookmarks(const QSet<quint64>& bookmarks)
{
    m_bookmarks = bookmarks;
    if (rowCount() != 0)
        emit dataChanged(index(0, Number), index(rowCount() - 1, Number));
}

void StepsModel::setMark(std::optional<core::StepNumber> mark)
{
    if (m_mark == mark)
        return;
    m_mark = mark;
    if (rowCount() != 0)
        emit dataChanged(index(0, Number), index(rowCount() - 1, Number));
}

int StepsModel::rowCount(const QModelIndex& parent) const
{
    const auto limit = static_cast<core::StepNumber>(std::numeric_limits<int>::max());
    const core::StepNumber rows = m_shown ? m_shown->size() : m_size;
    return parent.isValid() ? 0 : static_cast<int>(std::min(rows, limit));
}

int StepsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : columns; }

const StepsModel::Row& StepsModel::row(core::StepNumber number) const
{
    if (const Row* kept = m_rows.object(number))
        return *kept;
    auto made = std::make_unique<Row>();
    ++m_reads;
    if (auto step = m_timeline->step(number))
        made->step = std::move(*step);
    else
        made->error = QString::fromStdString(step.error().message());
    if (const auto changes = m_timeline->changes(number)) {
        made->entries = changes->entries.size();
        made->tables = changes->tables.size();
        if (made->step.text.empty())
            made->store = storeText(made->step, *changes);
        core::SnapshotPtr snapshot;
        if (m_colours.needFrameNumbers())
            snapshot = m_timeline->snapshot(number).value_or(nullptr);
        made->colour = m_colours.of(made->step, *changes, snapshot.get());
    }
    const Row& result = *made;
    m_rows.insert(number, made.release());
    return result;
}

QVariant StepsModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || !m_timeline)
        return {};
    const core::StepNumber number = stepAt(index.row());
    if (role == BookmarkRole)
        return m_bookmarks.contains(number);
    if (role == Qt::TextAlignmentRole)
        return index.column() == Number ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole && role != GravestRole && role != EventRole
        && role != ColourRole)
        return {};
    const Row& shown = row(number);
    if (role == EventRole)
        return shown.step.cause == core::StepCause::BootEvent;
    if (role == ColourRole)
        return shown.colour ? QVariant(tintOf(*shown.colour)) : QVariant();
    if (role == GravestRole) {
        const StepCounts counts(shown.step, m_enforced);
        for (const core::FindingState state : shownStates)
            if (counts.of(state) != 0)
                return static_cast<int>(state);
        return saysXen(counts) ? QVariant(static_cast<int>(core::FindingState::Note)) : QVariant();
    }
    if (role == Qt::ToolTipRole)
        return shown.step.console.empty() ? QVariant()
                                          : QVariant(QString::fromStdString(shown.step.console).trimmed());
    return display(shown, number, index.column());
}

QVariant StepsModel::display(const Row& row, core::StepNumber number, int column) const
{
    switch (static_cast<Column>(column)) {
    case Number:
        return (m_mark == number ? QStringLiteral("\u21c4 ") : QString())
            + (m_bookmarks.contains(number) ? QStringLiteral("\u2605 ") : QString())
            + QString::number(number);
    case Cause:
        return withMark(causeLabel(row.step.cause), row.colour);
    case Place:
        return row.step.ripSymbol.empty() ? QString::fromStdString(row.step.cpu.codeAddressText())
                                          : QString::fromStdString(row.step.ripSymbol);
    case Text:
        if (!row.error.isEmpty())
            return row.error;
        if (!row.store.isEmpty())
            return row.store;
        return row.step.event.empty() || row.step.text.starts_with(row.step.event)
            ? QString::fromStdString(row.step.text.empty() ? row.step.event : row.step.text)
            : QString::fromStdString(
                row.step.text.empty() ? row.step.event : row.step.event + ": " + row.step.text);
    case Entries:
        return changesText(row.entries, row.tables);
    case Findings:
        return findingsText({row.step, m_enforced});
    }
    return {};
}

QVariant StepsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (static_cast<Column>(section)) {
    case Number:
        return tr("Step");
    case Cause:
        return tr("Cause");
    case Place:
        return tr("Function");
    case Text:
        return tr("What happened");
    case Entries:
        return tr("Changed");
    case Findings:
        return tr("Findings");
    }
    return {};
}

} // namespace pgtscope::views
