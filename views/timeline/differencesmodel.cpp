// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/differencesmodel.h"

#include <utility>

#include "core/base/numbers.h"
#include "views/model/placetext.h"
#include "views/timeline/differencefilter.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

QString mappedText(const core::Snapshot& snapshot, const std::optional<core::MappedAs>& mapped)
{
    if (!mapped)
        return DifferencesModel::tr("not mapped");
    return hexOf(mapped->physical.value) + pfnBeside(snapshot, core::frameOf(mapped->physical))
        + QLatin1Char(' ') + rightsOf(mapped->rights);
}

/// What a table page is before and after such a change.
std::pair<QString, QString> tableTexts(const core::TableChange& change)
{
    const QString none = DifferencesModel::tr("no table");
    const QString detached = DifferencesModel::tr("detached table");
    const QString there = change.detached ? detached : DifferencesModel::tr("table");
    switch (change.kind) {
    case core::TableChangeKind::Appeared:
        return {none, there};
    case core::TableChangeKind::Removed:
        return {there, none};
    case core::TableChangeKind::Hooked:
        return {detached, DifferencesModel::tr("reached from a root")};
    case core::TableChangeKind::Unhooked:
        return {DifferencesModel::tr("reached from a root"), detached};
    case core::TableChangeKind::BecameReadable:
        return {DifferencesModel::tr("unreadable"), DifferencesModel::tr("readable")};
    case core::TableChangeKind::BecameUnreadable:
        return {DifferencesModel::tr("readable"), DifferencesModel::tr("unreadable")};
    }
    return {};
}

QString entryText(const core::Snapshot& snapshot, const core::EntryChange& change, std::uint64_t raw)
{
    const QString text = hexOf(raw, change.bytes * 2U);
    const core::Entry entry = snapshot.paging().decode(change.level(), raw);
    return entry.present() ? text + QLatin1Char(' ') + rightsOf(entry.rights) : text;
}

} // namespace

DifferencesModel::DifferencesModel(QObject* parent)
    : QAbstractTableModel(parent)
{
}

void DifferencesModel::show(ComparisonPtr comparison, const core::Filter& filter)
{
    beginResetModel();
    m_comparison = std::move(comparison);
    m_filter = filter;
    fill();
    endResetModel();
}

void DifferencesModel::fill()
{
    m_rows.clear();
    if (!m_comparison)
        return;
    const auto add = [this](const auto& changes) {
        for (const auto& change : changes)
            if (m_filter.empty() || passes(change))
                m_rows.emplace_back(&change);
    };
    const core::SnapshotDiff& diff = m_comparison->diff();
    add(diff.mappings);
    add(diff.tables.tables);
    add(diff.tables.entries);
}

std::size_t DifferencesModel::total() const
{
    if (!m_comparison)
        return 0;
    const core::SnapshotDiff& diff = m_comparison->diff();
    return diff.mappings.size() + diff.tables.tables.size() + diff.tables.entries.size();
}

bool DifferencesModel::passes(const core::MappingChange& change) const
{
    return matches(m_filter, *m_comparison->before().snapshot, change, change.before)
        || matches(m_filter, *m_comparison->after().snapshot, change, change.after);
}

bool DifferencesModel::passes(const core::TableChange& change) const
{
    return matches(m_filter, *m_comparison->before().snapshot, change)
        || matches(m_filter, *m_comparison->after().snapshot, change);
}

bool DifferencesModel::passes(const core::EntryChange& change) const
{
    return matches(m_filter, *m_comparison->before().snapshot, change, change.before)
        || matches(m_filter, *m_comparison->after().snapshot, change, change.after);
}

Place DifferencesModel::placeAt(const QModelIndex& index) const
{
    if (!index.isValid())
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    const core::Snapshot& after = *m_comparison->after().snapshot;
    if (const auto* mapping = std::get_if<const core::MappingChange*>(&row))
        return placeOf(after, (*mapping)->begin);
    Place place;
    if (const auto* table = std::get_if<const core::TableChange*>(&row))
        place.frame = core::frameOf((*table)->address);
    if (const auto* entry = std::get_if<const core::EntryChange*>(&row))
        place = placeOfEntry(after, (*entry)->address, (*entry)->level());
    return place;
}

int DifferencesModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int DifferencesModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : columns; }

QString DifferencesModel::cell(const core::MappingChange& change, int column) const
{
    switch (static_cast<Column>(column)) {
    case Kind:
        return tr("mapping");
    case Address:
        return linearOf(m_comparison->after().snapshot->paging(), change.begin);
    case Size:
        return QString::fromStdString(core::sizeText(change.bytes));
    case Before:
        return change.sameAs ? tr("as at %1").arg(hexOf(change.sameAs->value))
                             : mappedText(*m_comparison->before().snapshot, change.before);
    case After:
        return change.sameAs ? tr("as at %1").arg(hexOf(change.sameAs->value))
                             : mappedText(*m_comparison->after().snapshot, change.after);
    }
    return {};
}

QString DifferencesModel::cell(const core::TableChange& change, int column) const
{
    const core::Snapshot& after = *m_comparison->after().snapshot;
    switch (static_cast<Column>(column)) {
    case Kind:
        return tr("table");
    case Address:
        return hexOf(change.address.value) + pfnBeside(after, core::frameOf(change.address));
    case Size:
        return tr("level %1").arg(change.level);
    case Before:
        return tableTexts(change).first;
    case After:
        return tableTexts(change).second;
    }
    return {};
}

QString DifferencesModel::cell(const core::EntryChange& change, int column) const
{
    const core::Snapshot& after = *m_comparison->after().snapshot;
    switch (static_cast<Column>(column)) {
    case Kind:
        return tr("entry");
    case Address:
        return hexOf(change.address.value) + pfnBeside(after, core::frameOf(change.address));
    case Size:
        return levelOf(after.paging(), change.level());
    case Before:
        return entryText(*m_comparison->before().snapshot, change, change.before);
    case After:
        return entryText(after, change, change.after);
    }
    return {};
}

QVariant DifferencesModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    if (role == Qt::FontRole)
        return index.column() == Kind ? QVariant() : QVariant(Theme::instance().fixedFont());
    if (role == Qt::TextAlignmentRole)
        return index.column() == Size ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    return std::visit([&](const auto* change) { return cell(*change, index.column()); },
        m_rows[static_cast<std::size_t>(index.row())]);
}

QVariant DifferencesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (static_cast<Column>(section)) {
    case Kind:
        return tr("Change of");
    case Address:
        return tr("Address");
    case Size:
        return tr("Size, level");
    case Before:
        return m_comparison ? tr("At step %1").arg(m_comparison->before().step) : tr("Before");
    case After:
        return m_comparison ? tr("At step %1").arg(m_comparison->after().step) : tr("After");
    }
    return {};
}

} // namespace pgtscope::views
