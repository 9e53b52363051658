// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "gdb/capture/guestreader.h"
#include "gdb/stub/stubguest.h"

namespace pgtscope::gdb {

/// A guest that is read and then released: its stub is asked directly, without gdb.
class ReadingSession final : public GuestReader {
public:
    /// Whether reading needs no gdb: the stub shows control registers, and the channel that is insisted on is
    /// none of gdb's.
    static bool possible(const SessionOptions& options);
    /// Connects, which stops the guest. Progress is reported by name only.
    static core::Result<std::unique_ptr<ReadingSession>> open(
        const SessionOptions& options, core::CancelFlag& cancel, const core::Progress& progress = {});

    core::Result<void> detach() override { return m_stub.release(); }

private:
    ReadingSession(std::unique_ptr<StubGuest> stub, core::CancelFlag& cancel);

    StubGuest& m_stub; ///< The reader's guest.
};

} // namespace pgtscope::gdb
