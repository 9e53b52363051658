// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <QObject>

#include "core/base/task.h"
#include "core/timeline/timeline.h"

namespace pgtscope::views {

/// Reads the code of a step on a thread of its own: the window does not wait for a timeline that another
/// thread is using. Of questions that follow one another fast, the latest alone is sure to be answered.
class CodeReading : public QObject {
    Q_OBJECT
public:
    using Code = core::Result<std::vector<core::CodeLine>>;

    explicit CodeReading(QObject* parent = nullptr);

    /// read() has the answer, unless another question or forget() comes before it.
    void ask(std::shared_ptr<core::Timeline> timeline, core::StepNumber step);
    void forget();
    bool pending() const { return m_asked.has_value(); }
    /// Waits for the answer, for tests.
    void finish();

signals:
    void read(const pgtscope::views::CodeReading::Code& code);

private:
    struct Question {
        std::shared_ptr<core::Timeline> timeline;
        core::StepNumber step;
        bool operator==(const Question&) const = default;
    };
    struct Answer {
        Question question;
        Code code;
    };

    void begin();
    void take();

    std::optional<Question> m_asked; ///< Not answered yet.
    std::optional<Answer> m_answer; ///< The task's while it is started.
    core::Task m_task;
};

} // namespace pgtscope::views
