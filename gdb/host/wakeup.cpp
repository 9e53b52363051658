// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/host/wakeup.h"

#include <cerrno>
#include <cstdint>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace pgtscope::gdb {

core::Result<WakeUp> WakeUp::make()
{
    const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor < 0)
        return core::failure("make an eventfd", std::generic_category().message(errno));
    return WakeUp(descriptor);
}

WakeUp::~WakeUp()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

void WakeUp::wake() const
{
    const std::uint64_t one = 1;
    (void)!::write(m_descriptor, &one, sizeof(one));
}

void WakeUp::clear() const
{
    std::uint64_t count = 0;
    (void)!::read(m_descriptor, &count, sizeof(count));
}

} // namespace pgtscope::gdb
