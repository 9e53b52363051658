// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QModelIndex>

#include "views/base/filtertarget.h"
#include "views/base/followingview.h"

class QTextBrowser;
class QTreeView;
class QUrl;

namespace pgtscope::views {

class FilterEdit;
class FindingsFilter;
class FindingsModel;
class RuleComparison;

/// Everything that the rules find at the step, the reason of the one that is chosen clause by clause, and two
/// rules side by side.
class FindingsView : public FollowingView, public FilterTarget {
    Q_OBJECT
public:
    FindingsView(Document& document, Selection& selection, QWidget* parent = nullptr);

    FindingsModel& model() const { return *m_model; }

    void setFilterText(const QString& text) override;

protected:
    void showStep() override;
    void showPlace() override;

private:
    QWidget* makeList();
    void showCurrent(const QModelIndex& proxied);
    void jump(const QModelIndex& proxied);
    void followLink(const QUrl& link);
    QModelIndex indexOf(const core::FindingKey& key) const;

    FindingsModel* m_model;
    FilterEdit* m_filter;
    FindingsFilter* m_proxy;
    QTreeView* m_tree;
    QTextBrowser* m_reason;
    RuleComparison* m_comparison;
    core::FindingKey m_chosen; ///< Found again when the step changes.
};

} // namespace pgtscope::views
