// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QSortFilterProxyModel>

namespace pgtscope::views {

class FilterEdit;
class FindingsModel;

/// The findings that the filter in force matches, under their rules; a rule none of whose findings matches is
/// hidden. Hypothetical ones only while they are shown.
class FindingsFilter : public QSortFilterProxyModel {
    Q_OBJECT
public:
    FindingsFilter(FindingsModel& model, const FilterEdit& filter, QObject* parent = nullptr);

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    FindingsModel& m_model;
    const FilterEdit& m_filter;
};

} // namespace pgtscope::views
