// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "gdb/net/endpoint.h"
#include "tests/support/liveguest.h"
#include "tests/support/temporarydirectory.h"

namespace pgtscope::test {

/// The guest xen-domu on a hypervisor that lets domains be debugged, with Xen's own gdbsx in its dom0 and a
/// network by which dom0 is reached. The domain is number 1 and paused before its first instruction.
class GdbsxDom0 {
public:
    /// The hypervisor is the file that PGTSCOPE_DEBUG_XEN names; what else is needed is kept beside it.
    GdbsxDom0();

    const LiveGuest& guest() const { return *m_guest; }
    /// What a shell in dom0 prints for `commands`.
    std::string run(const std::string& commands) const;
    /// Starts gdbsx for the domain, which stands still from here on, and returns when it listens.
    gdb::Endpoint startGdbsx() const;
    /// What gdbsx said in its life; waits for its end.
    std::string endOfGdbsx() const;
    /// The domain's line of "xl list": 'p' among its flags while it is paused.
    bool domainIsPaused() const;

private:
    TemporaryDirectory m_directory;
    gdb::Endpoint m_shell, m_gdbsx;
    std::optional<LiveGuest> m_guest;
};

} // namespace pgtscope::test
