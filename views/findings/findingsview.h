// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include <QModelIndex>

#include "views/filters/filtertarget.h"
#include "views/widgets/followingview.h"

class QSplitter;
class QTabWidget;
class QTextBrowser;
class QTreeView;
class QUrl;

namespace pgtscope::views {

class FilterEdit;
class FindingsFilter;
class FindingsModel;
class HypotheticalsBox;
class RuleComparison;

/// Everything that the rules find at the step, the reason of the one that is chosen clause by clause, and two
/// rules side by side.
class FindingsView : public FollowingView, public FilterTarget {
    Q_OBJECT
public:
    FindingsView(Document& document, Selection& selection, QWidget* parent = nullptr);

    FindingsModel& model() const { return *m_model; }

    void setFilterText(const QString& text) override;
    /// The entry of the finding that is chosen.
    Place commandPlace() const override;
    void addToMenu(QMenu& menu) override;

protected:
    void showStep() override;
    void showPlace() override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeList();
    void placeReason();
    void filterChanged();
    void showHits();
    void expandRules();
    void showComparison();
    const core::Finding* findingAt(const QModelIndex& proxied) const;
    void currentMoved(const QModelIndex& proxied);
    /// By the model's index.
    void showReasonOf(const QModelIndex& index);
    void jump(const QModelIndex& proxied);
    void goToWriteOf(const QModelIndex& proxied);
    void showReason(const QString& html);
    void followLink(const QUrl& link);
    /// Of the model; invalid if there is none.
    QModelIndex findRow(const std::function<bool(const core::Finding&)>& wanted) const;
    QModelIndex rowToShow() const;

    FindingsModel* m_model;
    FilterEdit* m_filter;
    HypotheticalsBox* m_hypotheticals;
    FindingsFilter* m_proxy;
    QTreeView* m_tree;
    QTextBrowser* m_reason;
    QSplitter* m_parts; ///< The list, and below it the reason, where both have room.
    RuleComparison* m_comparison;
    QTabWidget* m_tabs;
    QString m_shown; ///< What m_reason shows.
    core::FindingKey m_chosen; ///< By hand, or with a place that was selected elsewhere.
    Place m_chosenFor; ///< The place that was shown then.
    bool m_showing = false; ///< The current row moves by itself, not by hand.
};

} // namespace pgtscope::views
