// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/filters/filtertarget.h"
#include "views/model/zoomtarget.h"
#include "views/widgets/followingview.h"

class QComboBox;
class QGridLayout;

namespace pgtscope::views {

class ColourBySwitch;
class FilterEdit;
class FrameLegend;
class FrameMap;
class WriteLegend;

/// Physical memory as a map, with pgt_buf's markers, findings, and what changed at this step.
class FramesView : public FollowingView, public FilterTarget, public ZoomTarget {
    Q_OBJECT
public:
    FramesView(Document& document, Selection& selection, QWidget* parent = nullptr);

    FrameMap& map() const { return *m_map; }
    void setFilterText(const QString& text) override;
    void zoomTo(std::string_view zoom) override;

protected:
    void showStep() override;
    void showPlace() override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeButtons();
    void addButton(QWidget* bar, const QString& text, const QString& name, void (FrameMap::*slot)());
    void takeTimeline();
    void showScale();
    void showMatches();
    void showColours();
    void fitBar();
    void fitLegend();

    FrameMap* m_map;
    FrameLegend* m_legend;
    WriteLegend* m_writeLegend;
    ColourBySwitch* m_colourBy;
    QComboBox* m_rules;
    FilterEdit* m_filter;
    QWidget* m_buttons;
    QGridLayout* m_bar;
};

} // namespace pgtscope::views
