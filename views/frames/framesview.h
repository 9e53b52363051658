// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/base/followingview.h"

class QComboBox;
class QLabel;

namespace pgtscope::views {

class FrameLegend;
class FrameMap;

/// Physical memory as a map, with pgt_buf's markers, findings, and what changed at this step.
class FramesView : public FollowingView {
    Q_OBJECT
public:
    FramesView(Document& document, Selection& selection, QWidget* parent = nullptr);

    FrameMap& map() const { return *m_map; }

protected:
    void showStep() override;
    void showPlace() override;

private:
    QWidget* makeBar();
    void addButton(QWidget* bar, const QString& text, const QString& name, void (FrameMap::*slot)());
    void showScale();

    FrameMap* m_map;
    FrameLegend* m_legend;
    QComboBox* m_rules;
    QLabel* m_scale;
};

} // namespace pgtscope::views
