// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/paging/registers.h"
#include "gdb/stub/stubprobe.h"

namespace pgtscope::gdb {

/// What Xen's gdbsx is known to do (tools/debugger/gdbsx, Xen 4.17). It cannot be asked: it serves one
/// connection in its life, pauses the domain before it, and lets it run when it ends.
StubFacts gdbsxFacts();

/// The control registers that a PV domain runs with, for a stub that shows none: Xen sets them and the domain
/// cannot change these bits. CR3 is left 0.
core::ControlRegisters domainControlRegisters(unsigned bits);

} // namespace pgtscope::gdb
