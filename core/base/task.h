// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "core/base/cancel.h"

namespace pgtscope::core {

/// Work on a thread of its own, one piece after the other. For the thread that owns it; what the work uses
/// must outlive it, so it is the last member of a class as a rule.
class Task {
public:
    /// Looks at `cancel` where it takes long.
    using Work = std::function<void(const CancelFlag& cancel)>;

    Task() = default;
    /// Cancels the work and waits for it.
    ~Task();
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;

    /// Waits for the work that was started before.
    void start(Work work);
    /// Asks the work to end soon; does not wait for it.
    void cancel();
    /// Waits until the work is done.
    void wait();
    /// Work was started, and nothing has waited for it yet.
    bool started() const { return m_thread.joinable(); }

private:
    std::unique_ptr<CancelFlag> m_cancel; ///< Of the work that was started last.
    std::thread m_thread;
};

} // namespace pgtscope::core
