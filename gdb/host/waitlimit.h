// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <chrono>

#include "core/base/cancel.h"

namespace pgtscope::gdb {

/// How long an operation may wait for another program: until a point in time, or until the user cancels.
struct WaitLimit {
    using Clock = std::chrono::steady_clock;

    Clock::time_point until;
    const core::CancelFlag* cancel = nullptr; ///< May be null; must outlive the wait.

    static WaitLimit after(std::chrono::milliseconds time, const core::CancelFlag* flag = nullptr)
    {
        return {Clock::now() + time, flag};
    }

    bool cancelled() const { return cancel != nullptr && cancel->cancelled(); }
    bool passed() const { return Clock::now() >= until; }
    /// Time left, at most one `slice`: a waiter sleeps in slices, because nothing wakes it when the flag is
    /// set.
    std::chrono::milliseconds slice(std::chrono::milliseconds most = std::chrono::milliseconds(20)) const
    {
        auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        return std::clamp(left, std::chrono::milliseconds(0), most);
    }
};

} // namespace pgtscope::gdb
