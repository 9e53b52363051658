// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/pgtbuf/mappingstable.h"

#include "views/pgtbuf/mappingsmodel.h"
#include "views/widgets/gridtable.h"

namespace pgtscope::views {

namespace {

Place placeOf(const QModelIndex& index)
{
    Place place;
    place.entry = core::PhysicalAddress(index.data(MappingsModel::EntryRole).toULongLong());
    place.level = index.data(MappingsModel::LevelRole).toUInt();
    const QVariant linear = index.data(MappingsModel::LinearRole);
    if (linear.isValid())
        place.linear = core::LinearAddress(linear.toULongLong());
    return place;
}

} // namespace

MappingsTable::MappingsTable(MappingsModel* model, QWidget* parent)
    : QTableView(parent)
{
    setModel(model);
    setObjectName(QStringLiteral("mappings"));
    setAccessibleName(tr("Mappings of the frame"));
    makeDense(*this);
    connect(model, &QAbstractItemModel::modelReset, this, [this] { fitColumns(*this); });
    connect(this, &QTableView::activated, this,
        [this](const QModelIndex& index) { emit chosen(placeOf(index)); });
    connect(
        this, &QTableView::clicked, this, [this](const QModelIndex& index) { emit chosen(placeOf(index)); });
}

} // namespace pgtscope::views
