// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/stopgate.h"

namespace pgtscope::gdb {

std::optional<HeldStop> StopGate::await(const WaitLimit& limit)
{
    std::unique_lock lock(m_mutex);
    while (!m_closed && !limit.passed() && !limit.cancelled()) {
        if (m_state == State::Held) {
            m_state = State::Reported;
            return m_stop;
        }
        m_changed.wait_for(lock, limit.slice());
    }
    return std::nullopt;
}

void StopGate::pass()
{
    const std::scoped_lock lock(m_mutex);
    if (m_state != State::Empty)
        m_state = State::Passed;
    m_server.wake();
}

std::string StopGate::chosenThread() const
{
    const std::scoped_lock lock(m_mutex);
    return m_chosenThread;
}

void StopGate::hold(HeldStop stop, const std::string& chosenThread)
{
    const std::scoped_lock lock(m_mutex);
    m_stop = std::move(stop);
    m_state = State::Held;
    m_chosenThread = chosenThread;
    m_changed.notify_all();
}

bool StopGate::holding() const
{
    const std::scoped_lock lock(m_mutex);
    return m_state != State::Empty;
}

bool StopGate::takePassed()
{
    const std::scoped_lock lock(m_mutex);
    if (m_state != State::Passed)
        return false;
    m_state = State::Empty;
    return true;
}

void StopGate::drop()
{
    const std::scoped_lock lock(m_mutex);
    m_state = State::Empty;
}

void StopGate::close()
{
    const std::scoped_lock lock(m_mutex);
    m_closed = true;
    m_changed.notify_all();
}

} // namespace pgtscope::gdb
