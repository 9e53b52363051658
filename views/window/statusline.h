// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

#include "views/model/stepstate.h"

class QLabel;
class QProgressBar;
class QToolButton;

namespace pgtscope::views {

/// The bits of CR0, CR4 and EFER that are set and steer paging: "CR0 PG WP · CR4 PAE · EFER LMA NXE".
QString controlBitsText(const core::ControlRegisters& control);

/// The line below the views: control bits, paging mode, channel, what was captured, operation in progress.
class StatusLine : public QWidget {
    Q_OBJECT
public:
    explicit StatusLine(QWidget* parent = nullptr);

    void showStep(const StepStatePtr& state);
    void setConnection(const QString& text);
    /// `total` 0: how long it takes is not known. An empty `what` ends it.
    void showProgress(const QString& what, quint64 done, quint64 total);
    void endProgress();
    /// An operation in progress is shown, and can be cancelled.
    bool busy() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void cancelRequested();
    void busyChanged(bool busy);

private:
    void setBusy(bool busy);
    QSize withRoomForButton(QSize size) const;

    QLabel* m_control;
    QLabel* m_connection;
    QLabel* m_facts;
    QLabel* m_task;
    QProgressBar* m_progress;
    QToolButton* m_cancel;
};

} // namespace pgtscope::views
