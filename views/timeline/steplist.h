// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTreeView>

namespace pgtscope::views {

class StepsModel;

/// The list of steps: at every height it shows the current one, and at every width what happened; the other
/// columns give way to it.
class StepList : public QTreeView {
    Q_OBJECT
public:
    StepList(StepsModel& model, QWidget* parent);

    /// Room for a few rows, whatever is above the list.
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void fitType();
    void hideColumns();

    bool m_narrow = false; ///< Findings have less than their width.
};

} // namespace pgtscope::views
