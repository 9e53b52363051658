// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <utility>

#include "core/base/error.h"

namespace pgtscope::gdb {

/// Wakes a thread that waits in poll(). wake() may be called by any thread, as
/// often as it likes: the waiting thread finds it readable until clear().
class WakeUp {
public:
    static core::Result<WakeUp> make();
    ~WakeUp();
    WakeUp(WakeUp&& other) noexcept
        : m_descriptor(std::exchange(other.m_descriptor, -1))
    {
    }
    WakeUp(const WakeUp&) = delete;
    WakeUp& operator=(const WakeUp&) = delete;

    /// For poll(). Stays owned by this object.
    int descriptor() const { return m_descriptor; }
    void wake() const;
    void clear() const;

private:
    explicit WakeUp(int descriptor)
        : m_descriptor(descriptor)
    {
    }

    int m_descriptor; ///< An eventfd; -1: moved from.
};

} // namespace pgtscope::gdb
