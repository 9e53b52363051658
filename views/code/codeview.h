// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/widgets/followingview.h"

class QLabel;

namespace pgtscope::views {

class GridModel;
class GridTable;

/// The code around the step's RIP, as gdb disassembled it when the step was made: a recording shows it too.
class CodeView : public FollowingView {
    Q_OBJECT
public:
    CodeView(Document& document, Selection& selection, QWidget* parent = nullptr);

protected:
    void showStep() override;
    void showPlace() override { }

private:
    QString whyNone() const;
    bool eventFilter(QObject* watched, QEvent* event) override;

    GridModel* m_model;
    GridTable* m_table;
    QLabel* m_none;
    int m_current = 0; ///< The row at RIP.
    QString m_problem; ///< Why what was kept cannot be read.
};

} // namespace pgtscope::views
