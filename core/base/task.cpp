// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/base/task.h"

#include <utility>

namespace pgtscope::core {

Task::~Task()
{
    cancel();
    wait();
}

void Task::start(Work work)
{
    wait();
    m_cancel = std::make_unique<CancelFlag>();
    m_thread = std::thread([work = std::move(work), flag = m_cancel.get()] { work(*flag); });
}

void Task::cancel()
{
    if (m_cancel)
        m_cancel->cancel();
}

void Task::wait()
{
    if (m_thread.joinable())
        m_thread.join();
}

} // namespace pgtscope::core
