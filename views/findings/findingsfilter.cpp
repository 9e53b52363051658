// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/findings/findingsfilter.h"

#include "views/filters/filteredit.h"
#include "views/findings/findingsmodel.h"
#include "views/model/hypotheticals.h"

namespace pgtscope::views {

FindingsFilter::FindingsFilter(FindingsModel& model, const FilterEdit& filter, QObject* parent)
    : QSortFilterProxyModel(parent)
    , m_model(model)
    , m_filter(filter)
{
    setRecursiveFilteringEnabled(true);
    setSourceModel(&model);
}

bool FindingsFilter::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    const core::Finding* finding = m_model.finding(m_model.index(row, 0, parent));
    if (finding && finding->standing == core::Standing::Hypothetical && !Hypotheticals::instance().shown())
        return false;
    if (m_filter.filter().empty())
        return true;
    return finding && m_model.matches(m_filter.filter(), *finding);
}

} // namespace pgtscope::views
