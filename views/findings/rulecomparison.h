// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>

#include <QWidget>

#include "views/model/place.h"
#include "views/model/stepstate.h"

class QComboBox;
class QLabel;

namespace pgtscope::views {

class GridModel;

/// Two rules on the same step, and where they disagree.
class RuleComparison : public QWidget {
    Q_OBJECT
public:
    explicit RuleComparison(QWidget* parent = nullptr);
    void setState(const StepStatePtr& state);

signals:
    void chosen(const pgtscope::views::Place& place);

private:
    void compare();

    StepStatePtr m_state;
    QComboBox* m_first;
    QComboBox* m_second;
    std::array<QLabel*, 2> m_counts; ///< What each rule reports.
    QLabel* m_summary;
    GridModel* m_model;
};

} // namespace pgtscope::views
