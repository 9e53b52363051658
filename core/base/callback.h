// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <mutex>

namespace pgtscope::core {

/// A function that one thread calls and another may exchange: once set() has returned, the function that was
/// there before does not run and is not called again, so what it refers to may be destroyed. The function
/// itself may call set().
template <class... Arguments>
class Callback {
public:
    /// Waits for a call that is going on, unless it is called from that call.
    void set(std::function<void(Arguments...)> function)
    {
        const std::lock_guard lock(m_mutex);
        m_function = std::move(function);
    }
    void operator()(Arguments... arguments)
    {
        const std::lock_guard lock(m_mutex);
        // A copy: a call of set() from the function must not destroy it while it runs.
        if (const auto function = m_function)
            function(arguments...);
    }

private:
    std::recursive_mutex m_mutex;
    std::function<void(Arguments...)> m_function;
};

} // namespace pgtscope::core
