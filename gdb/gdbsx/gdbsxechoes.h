// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "gdb/net/endpoint.h"
#include "gdb/stub/runechoes.h"

namespace pgtscope::gdb {

/// gdbsx has two answers that are to no run at all: to the first run where dom0 had paused the domain as
/// well, which ends where it began; and to the run after a single step, such as gdb makes to leave a
/// breakpoint, when it reports the step's end again.
class GdbsxEchoes final : public RunEchoes {
public:
    void resumedAt(core::LinearAddress rip) override { m_resumedAt = rip; }
    bool isEcho(End end, core::LinearAddress rip) override;

private:
    core::LinearAddress m_resumedAt;
    bool m_mayBeHeld = true; ///< No run has ended yet.
    unsigned m_inARow = 0;
};

/// Null for other stubs.
std::shared_ptr<RunEchoes> echoesOf(const Endpoint& endpoint);

} // namespace pgtscope::gdb
