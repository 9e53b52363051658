// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/stubjobs.h"

namespace pgtscope::gdb {

core::Result<void> StubJobs::perform(const WaitLimit& limit, const Work& work)
{
    const std::string tried = "use the gdbstub alongside the debugger";
    Waiting own{{&work, limit}, std::nullopt};
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [&] { return m_waiting == nullptr || m_closed; });
    if (m_closed)
        return core::failure(
            tried, "the connection was closed", "check that the guest still runs, and connect again");
    m_waiting = &own;
    m_server.wake();
    m_changed.wait(lock, [&] { return own.result || m_closed; });
    m_waiting = nullptr;
    m_changed.notify_all();
    if (!own.result)
        return core::failure(tried, "the connection was closed");
    return *own.result;
}

std::optional<StubJobs::Job> StubJobs::next()
{
    const std::scoped_lock lock(m_mutex);
    return m_waiting != nullptr && !m_waiting->result ? std::optional(m_waiting->job) : std::nullopt;
}

void StubJobs::finish(core::Result<void> result)
{
    const std::scoped_lock lock(m_mutex);
    if (m_waiting != nullptr && !m_waiting->result)
        m_waiting->result = std::move(result);
    m_changed.notify_all();
}

void StubJobs::close()
{
    const std::scoped_lock lock(m_mutex);
    m_closed = true;
    m_changed.notify_all();
}

} // namespace pgtscope::gdb
