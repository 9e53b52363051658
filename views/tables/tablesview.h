// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QList>
#include <QPersistentModelIndex>
#include <QSet>

#include "views/filters/filtertarget.h"
#include "views/widgets/followingview.h"

class QLabel;
class QToolButton;
class QTreeView;

namespace pgtscope::views {

class ColourBySwitch;
class FilterEdit;
class TablesModel;
class WriteColours;
class WriteLegend;

/// The paging structures of the step as a tree; with a filter, the mappings that it matches as a list.
class TablesView : public FollowingView, public FilterTarget {
    Q_OBJECT
public:
    /// Mappings that a filtered list shows at most.
    static constexpr std::uint64_t maxRuns = 20'000;

    TablesView(Document& document, Selection& selection, QWidget* parent = nullptr);

    void setFilterText(const QString& text) override;
    void addToMenu(QMenu& menu) override;
    QTreeView& tree() { return *m_tree; }
    TablesModel& model() { return *m_model; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void showStep() override;
    void showPlace() override;

private:
    QTreeView* makeTree();
    QToolButton* makeNames();
    WriteColours writeColours() const;
    void takeWrites();
    void placeWritten();
    void makeRoomForXen(bool needed);
    void makeRoomForAddress(bool needed);
    void showTree();
    void showFiltered();
    void selectCurrent();
    void openFor(const QModelIndex& index);
    void rememberTree();
    void rememberOpen(const QModelIndex& parent);
    void openAgain(const QModelIndex& parent);
    void exportRuns();

    TablesModel* m_model;
    FilterEdit* m_filter;
    QTreeView* m_tree;
    QToolButton* m_names;
    ColourBySwitch* m_colourBy;
    WriteLegend* m_legend;
    QLabel* m_note;
    QSet<QString> m_open; ///< Keys of the rows that were opened by hand.
    QList<QPersistentModelIndex> m_openedForPlace; ///< And those that were opened to show the place.
    bool m_everShown = false;
    bool m_roomForXen = false;
    bool m_roomForAddress = false;
    bool m_showsTree = false;
    bool m_choosing = false;
};

} // namespace pgtscope::views
