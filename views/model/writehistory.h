// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <QObject>
#include <QStringList>
#include <QTimer>

#include "core/base/task.h"
#include "core/timeline/writeindex.h"

namespace pgtscope::views {

/// Who wrote what in the timeline that is shown: read in the background, so that views have the answer at
/// hand. What is still being recorded is read in passes of a second at most; until a pass is done the views
/// show what is known.
class WriteHistory : public QObject {
    Q_OBJECT
public:
    /// Functions that have a colour and a lane of their own.
    static constexpr int maxLanes = 8;

    explicit WriteHistory(QObject* parent = nullptr);
    /// Ends the work first, if it still goes on.
    ~WriteHistory() override;

    /// Forgets what it knew. An empty path: no timeline. `growing`: steps may still be appended.
    void restart(const std::string& path, bool growing);
    /// There are so many steps now.
    void grow(core::StepNumber size);

    struct Event {
        core::StepNumber step = 0;
        QString name;
    };

    /// The boot events among the steps that index() reaches.
    const std::vector<Event>& events() const { return m_events; }
    /// The same with the steps at which pgt_buf changed, each under the name "pgt_buf": by these two boots
    /// are compared.
    const std::vector<Event>& landmarks() const { return m_landmarks; }
    /// Null until something is known.
    const core::WriteIndexPtr& index() const { return m_index; }
    /// Names of the busiest functions, at most maxLanes. A function keeps its place, and with it its colour,
    /// for as long as it is one of them.
    const QStringList& lanes() const { return m_lanes; }
    /// Every step that there is has been looked at, or cannot be, as several tries have shown. What grows may
    /// be incomplete again.
    bool complete() const;
    /// Why the recording could not be looked through; empty if the latest try could.
    const QString& problem() const { return m_problem; }
    /// Learns all that is left, for exports and tests.
    void finish();

signals:
    void changed();

private:
    struct Job;
    void begin();
    void take();
    void end();
    void giveLanes();

    std::string m_path;
    bool m_growing = false;
    core::StepNumber m_size = 0;
    core::WriteIndexPtr m_index;
    QStringList m_lanes;
    std::vector<Event> m_events;
    std::vector<Event> m_landmarks;
    QString m_problem;
    int m_failures = 0; ///< Tries in a row that got no further, at this size.
    std::shared_ptr<Job> m_job; ///< Goes from run to run: it holds what was read.
    unsigned m_run = 0; ///< Counts the runs: one that was waited for is not taken again.
    QTimer m_next;
    core::Task m_task; ///< Started while something is being read.
};

/// The name of a function of an index, for a person.
QString writerName(const std::string& function);
/// The mark of a lane beside its colour: "A", "B" …
QString laneMark(int lane);

} // namespace pgtscope::views
