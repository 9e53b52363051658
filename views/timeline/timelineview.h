// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QSet>

#include "core/steps/step.h"
#include "views/filters/filtertarget.h"
#include "views/widgets/followingview.h"

class QDoubleSpinBox;
class QMenu;
class QToolButton;
class QTreeView;

namespace pgtscope::views {

class DifferencePanel;
class FilterEdit;
class Player;
class StepSampler;
class StepSearch;
class StepsModel;
class TimelineLegend;
class TimelineStrip;

/// All steps as a plot and as a list, with bookmarks, chapters and the difference of two steps.
class TimelineView : public FollowingView, public FilterTarget {
    Q_OBJECT
public:
    TimelineView(Document& document, Selection& selection, Player& player, QWidget* parent = nullptr);

    void setFilterText(const QString& text) override;
    /// Walks each step for what the filter asks and no step records; takes long, in the background.
    Q_INVOKABLE void searchEveryStep();
    StepSearch& search() { return *m_search; }
    StepsModel& model() { return *m_model; }
    StepSampler& sampler() { return *m_sampler; }
    TimelineStrip& strip() { return *m_strip; }
    QTreeView& list() { return *m_list; }
    const QSet<quint64>& bookmarks() const { return m_bookmarks; }
    DifferencePanel& differences() { return *m_differences; }

public slots:
    void toggleBookmark();
    /// Marks the step that is shown now, to compare it with those that are shown later; false ends that.
    void setComparing(bool comparing);

protected:
    void showStep() override;
    void showPlace() override { }
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeBar();
    void takeTimeline();
    void fitBar();
    void fitLegend();
    void showChapters();
    void colour();
    void beginSearch();
    void showHits();
    void showMatches();
    void showFindings();
    void showRow();
    void fillMenu();
    void showComparison();
    void loadBookmarks();
    void saveBookmarks() const;
    QString bookmarksKey() const;

    Player& m_player;
    StepsModel* m_model;
    StepSampler* m_sampler;
    StepSearch* m_search;
    FilterEdit* m_filter;
    TimelineStrip* m_strip;
    TimelineLegend* m_legend;
    QTreeView* m_list;
    DifferencePanel* m_differences;
    QToolButton* m_play = nullptr;
    QToolButton* m_bookmark = nullptr;
    QToolButton* m_compare = nullptr;
    QToolButton* m_functions = nullptr;
    QMenu* m_marks = nullptr;
    QSet<quint64> m_bookmarks;
    bool m_following = false;
    bool m_coloured = false;
    std::pair<bool, bool> m_findingsShown{true, false}; ///< If enforced, and if hypothetical ones are shown.
};

} // namespace pgtscope::views
