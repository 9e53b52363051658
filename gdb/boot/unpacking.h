// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>

#include "gdb/boot/guestrun.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::gdb {

/// Lets a guest whose kernel KASLR has yet to place run to the kernel's first instruction, where the session
/// knows its symbols' addresses. False: nothing was done, since they are known already, or will not be known
/// so early (no symbols, a 32-bit kernel). An Error: `end` passed, or the guest stopped for another reason.
core::Result<bool> runUntilUnpacked(
    GuestSession& session, unsigned cpu, std::chrono::steady_clock::time_point end);

} // namespace pgtscope::gdb
