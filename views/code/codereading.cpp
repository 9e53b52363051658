// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/code/codereading.h"

#include <utility>

namespace pgtscope::views {

CodeReading::CodeReading(QObject* parent)
    : QObject(parent)
{
}

void CodeReading::ask(std::shared_ptr<core::Timeline> timeline, core::StepNumber step)
{
    m_asked = Question{std::move(timeline), step};
    // What is being read is waited for; the latest question is next.
    if (!m_task.started())
        begin();
}

void CodeReading::forget() { m_asked.reset(); }

void CodeReading::begin()
{
    m_task.start([this, question = *m_asked](const core::CancelFlag&) {
        m_answer = Answer{question, question.timeline->code(question.step)};
        QMetaObject::invokeMethod(this, &CodeReading::take, Qt::QueuedConnection);
    });
}

void CodeReading::take()
{
    // finish() has taken it already.
    if (!m_task.started())
        return;
    m_task.wait();
    const auto answer = std::exchange(m_answer, std::nullopt);
    if (m_asked && m_asked != answer->question)
        return begin();
    if (std::exchange(m_asked, std::nullopt))
        emit read(answer->code);
}

void CodeReading::finish()
{
    while (m_asked) {
        if (!m_task.started())
            begin();
        take();
    }
}

} // namespace pgtscope::views
