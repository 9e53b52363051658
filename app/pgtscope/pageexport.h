// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

#include "core/base/task.h"

namespace pgtscope::app {

/// Writes a recording as one page for a browser, on a thread of its own. The file appears when it is whole.
class PageExport : public QObject {
    Q_OBJECT
public:
    PageExport(const QString& recording, const QString& page, QObject* parent = nullptr);

    void start();

public slots:
    void cancel() { m_task.cancel(); }

signals:
    /// In steps of the recording; both are 0 while that is not known.
    void progressed(quint64 done, quint64 total);
    /// Once; `message` is empty if all went well.
    void finished(const QString& message);

private:
    QString write(const core::CancelFlag& cancel);

    QString m_recording;
    QString m_page;
    core::Task m_task; ///< Ended first, if it still goes on.
};

} // namespace pgtscope::app
