// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "gdb/stub/target.h"

namespace pgtscope::gdb {

class GuestSession;

/// The watchpoint on pgt_buf_end.
class PgtBufWatch {
public:
    explicit PgtBufWatch(GuestSession& session)
        : m_session(session)
    {
    }

    /// Sets it; without the symbol there is nothing to watch. An Error if the stub has no watchpoints.
    core::Result<void> arm();
    bool armed() const { return m_number.has_value(); }
    bool owns(std::optional<unsigned> breakpoint) const { return m_number && breakpoint == m_number; }
    core::Result<void> remove();

private:
    GuestSession& m_session;
    std::optional<unsigned> m_number;
};

/// "pgt_buf_end 0x437be -> 0x437bf"; nullopt if the value that was written is the one that was there: the
/// code that builds a domain's memory does that. `twoCounts`: entries hold machine frames, the variable guest
/// frames.
std::optional<std::string> pgtBufChange(const StopEvent& stop, bool twoCounts);

} // namespace pgtscope::gdb
