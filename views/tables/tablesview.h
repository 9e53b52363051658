// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QList>
#include <QPersistentModelIndex>
#include <QSet>

#include "views/base/filtertarget.h"
#include "views/base/followingview.h"

class QLabel;
class QToolButton;
class QTreeView;

namespace pgtscope::views {

class FilterEdit;
class TablesModel;

/// The paging structures of the step as a tree; with a filter, the mappings that it matches as a list.
class TablesView : public FollowingView, public FilterTarget {
    Q_OBJECT
public:
    /// Mappings that a filtered list shows at most.
    static constexpr std::uint64_t mostRuns = 20'000;

    TablesView(Document& document, Selection& selection, QWidget* parent = nullptr);

    void setFilterText(const QString& text) override;
    QTreeView& tree() { return *m_tree; }
    TablesModel& model() { return *m_model; }

signals:
    /// What the user should know, e.g. that a file could not be written.
    void notice(const QString& text);

protected:
    void showStep() override;
    void showPlace() override;

private:
    QTreeView* makeTree();
    QToolButton* makeNames();
    void showTree();
    void showFiltered();
    void selectCurrent();
    void openFor(const QModelIndex& index);
    void rememberTree();
    void rememberOpen(const QModelIndex& parent);
    void openAgain(const QModelIndex& parent);
    void showMenu(const QPoint& point);
    void exportRuns();

    TablesModel* m_model;
    FilterEdit* m_filter;
    QTreeView* m_tree;
    QToolButton* m_names;
    QLabel* m_note;
    QSet<QString> m_open; ///< Keys of the rows that were opened by hand.
    QList<QPersistentModelIndex> m_openedForPlace; ///< And those that were opened to show the place.
    bool m_everShown = false;
    bool m_showsTree = false;
    bool m_choosing = false;
};

} // namespace pgtscope::views
