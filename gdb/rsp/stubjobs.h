// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "core/base/error.h"
#include "gdb/host/waitlimit.h"
#include "gdb/host/wakeup.h"
#include "gdb/rsp/stubline.h"

namespace pgtscope::gdb {

/// What other callers have to say to a stub beside its debugger, one after another: any thread calls
/// perform(), and the thread that holds the connection does the work when it sees fit.
class StubJobs {
public:
    using Work = std::function<core::Result<void>(StubLine& line)>;
    /// Work that waits to be done, or for an Error.
    struct Job {
        const Work* work = nullptr; ///< Valid until finish().
        WaitLimit limit;
    };

    /// `server` wakes the thread that does the work; it outlives this object.
    explicit StubJobs(const WakeUp& server)
        : m_server(server)
    {
    }

    /// Waits until the work is done, or was answered by an Error.
    core::Result<void> perform(const WaitLimit& limit, const Work& work);

    // For the thread that does the work.
    std::optional<Job> next();
    /// Answers what next() has returned; nothing if no work waits.
    void finish(core::Result<void> result);
    /// No work is done any more; every call is an Error from now on.
    void close();

private:
    struct Waiting {
        Job job;
        std::optional<core::Result<void>> result;
    };

    const WakeUp& m_server;
    std::mutex m_mutex; ///< Of what follows.
    std::condition_variable m_changed;
    Waiting* m_waiting = nullptr; ///< Of the caller whose turn it is.
    bool m_closed = false;
};

} // namespace pgtscope::gdb
