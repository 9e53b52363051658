// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "gdb/stub/stubprobe.h"

namespace pgtscope::gdb {

/// What Xen's gdbsx is known to do (tools/debugger/gdbsx, Xen 4.17). It cannot be asked: it serves one
/// connection in its life, pauses the domain before it, and lets it run when it ends. It shows no control
/// registers: they are those that a PV domain of `bits` bits runs with, which Xen sets and the domain cannot
/// change.
StubFacts gdbsxFacts(unsigned bits);
/// Of a stub that a probe would use up; nullopt: it can be asked.
std::optional<StubFacts> factsWithoutProbe(const Endpoint& endpoint);

} // namespace pgtscope::gdb
