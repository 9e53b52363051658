// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

namespace pgtscope::core {

/// Set once (from a signal handler or another thread) to ask long work to stop at its next check.
class CancelFlag {
public:
    void cancel() noexcept { m_cancelled.store(true, std::memory_order_relaxed); }
    bool cancelled() const noexcept { return m_cancelled.load(std::memory_order_relaxed); }

private:
    std::atomic<bool> m_cancelled{false};
    static_assert(std::atomic<bool>::is_always_lock_free, "cancel() runs in signal handlers");
};

/// Reports `done` of `total` units (0 = unknown) of the work that `what` names.
using Progress = std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)>;

} // namespace pgtscope::core
