// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace pgtscope::gdb {

/// What the thread that serves a debugger notices about it and about the stub, for other threads to read; see
/// StubMux for what it means.
class StubNotes {
public:
    std::chrono::milliseconds answering() const { return std::chrono::milliseconds(m_answering); }
    unsigned disturbances() const { return m_disturbances; }
    bool guestEnded() const { return m_guestEnded; }
    std::string problem() const
    {
        const std::scoped_lock lock(m_mutex);
        return m_problem;
    }
    std::string takeRefusal()
    {
        const std::scoped_lock lock(m_mutex);
        return std::exchange(m_refusal, {});
    }

    void addAnswering(std::chrono::milliseconds time) { m_answering += time.count(); }
    void addDisturbance() { ++m_disturbances; }
    void setGuestEnded() { m_guestEnded = true; }
    /// Empty: there is none any more.
    void setProblem(std::string sentence)
    {
        const std::scoped_lock lock(m_mutex);
        m_problem = std::move(sentence);
    }
    /// Empty: nothing was refused; what was before stays.
    void setRefusal(std::string sentence)
    {
        const std::scoped_lock lock(m_mutex);
        if (!sentence.empty())
            m_refusal = std::move(sentence);
    }

private:
    std::atomic<std::int64_t> m_answering{0}; ///< In ms.
    std::atomic<unsigned> m_disturbances{0};
    std::atomic<bool> m_guestEnded{false};
    mutable std::mutex m_mutex; ///< Of what follows.
    std::string m_problem;
    std::string m_refusal;
};

} // namespace pgtscope::gdb
