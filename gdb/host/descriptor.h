// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <utility>

#include <unistd.h>

namespace pgtscope::gdb {

/// A file descriptor that is closed when nothing needs it any more; -1: none.
class Descriptor {
public:
    explicit Descriptor(int number = -1)
        : m_number(number)
    {
    }
    ~Descriptor()
    {
        if (m_number >= 0)
            ::close(m_number);
    }
    Descriptor(Descriptor&& other) noexcept
        : m_number(std::exchange(other.m_number, -1))
    {
    }
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(m_number, other.m_number);
        return *this;
    }

    int number() const { return m_number; }
    bool good() const { return m_number >= 0; }
    /// The caller closes it from now on.
    int release() { return std::exchange(m_number, -1); }

private:
    int m_number;
};

} // namespace pgtscope::gdb
