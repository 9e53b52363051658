// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <variant>
#include <vector>

#include <QAbstractTableModel>

#include "core/filter/filter.h"
#include "views/model/comparison.h"
#include "views/model/place.h"

namespace pgtscope::views {

/// What differs between two steps, a row for each linear range, table page and entry.
class DifferencesModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Kind, Address, Size, Before, After };
    static constexpr int columns = After + 1;

    explicit DifferencesModel(QObject* parent = nullptr);

    /// Null: no rows. Shown is what the filter matches as it was before, or as it is after.
    void show(ComparisonPtr comparison, const core::Filter& filter);
    const ComparisonPtr& comparison() const { return m_comparison; }
    /// How many rows there are without the filter.
    std::size_t total() const;
    Place placeAt(const QModelIndex& index) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    /// Into the comparison's difference.
    using Row = std::variant<const core::MappingChange*, const core::TableChange*, const core::EntryChange*>;

    void fill();
    bool passes(const core::MappingChange& change) const;
    bool passes(const core::TableChange& change) const;
    bool passes(const core::EntryChange& change) const;
    QString cell(const core::MappingChange& change, int column) const;
    QString cell(const core::TableChange& change, int column) const;
    QString cell(const core::EntryChange& change, int column) const;

    ComparisonPtr m_comparison;
    core::Filter m_filter;
    std::vector<Row> m_rows;
};

} // namespace pgtscope::views
