// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/gdbsx/gdbsxfacts.h"

namespace pgtscope::gdb {

namespace {

core::ControlRegisters domainControlRegisters(unsigned bits)
{
    core::ControlRegisters control;
    control.cr0 = core::cr0Pg | core::cr0Wp | core::cr0Pe;
    control.cr4 = core::cr4Pae;
    control.efer = core::eferNxe | (bits == 64 ? core::eferLme | core::eferLma : 0);
    return control;
}

} // namespace

StubFacts gdbsxFacts(unsigned bits)
{
    StubFacts facts;
    facts.wasRunning = true;
    // It answers into the buffer of 4096 bytes that it takes requests into (gx_main.c).
    facts.packetBytes = 4096;
    facts.can = {false, false, false, false, false, false};
    facts.control = domainControlRegisters(bits);
    // Nor does it describe a processor.
    facts.architecture = bits == 32 ? "i386" : "i386:x86-64";
    return facts;
}

std::optional<StubFacts> factsWithoutProbe(const Endpoint& endpoint)
{
    return endpoint.gdbsxBits == 0 ? std::nullopt : std::optional(gdbsxFacts(endpoint.gdbsxBits));
}

} // namespace pgtscope::gdb
