// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTimer>

#include "views/code/codereading.h"
#include "views/widgets/followingview.h"

class QLabel;

namespace pgtscope::views {

class GridModel;
class GridTable;
struct GridRow;

/// The code around the step's RIP, as gdb disassembled it when the step was made: a recording shows it too.
class CodeView : public FollowingView {
    Q_OBJECT
public:
    CodeView(Document& document, Selection& selection, QWidget* parent = nullptr);

    CodeReading& reading() { return m_reading; }

protected:
    void showStep() override;
    void showPlace() override { }

private:
    QString whyNone() const;
    void showCode(const CodeReading::Code& code);
    void showRows(std::vector<GridRow> rows, const QString& whyNone);
    bool eventFilter(QObject* watched, QEvent* event) override;

    GridModel* m_model;
    GridTable* m_table;
    QLabel* m_none;
    int m_current = 0; ///< The row at RIP.
    CodeReading m_reading;
    StepStatePtr m_asked; ///< Of the step whose code is shown or being read.
    QTimer m_late; ///< Until then the code that was shown before is left, so that nothing flickers.
};

} // namespace pgtscope::views
