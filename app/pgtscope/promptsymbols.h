// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>

#include <QTemporaryFile>

#include "gdb/capture/guestsession.h"

namespace pgtscope::app {

/// Lets gdb's prompt know the names that pgtscope has decoded from the kernel's image, which gdb cannot read:
/// they are written into a file for it, at the addresses where KASLR has placed the kernel.
class PromptSymbols {
public:
    /// Does nothing if this gdb has the names already, or was given a file with symbols by the user.
    core::Result<void> give(gdb::GuestSession& session);

private:
    std::unique_ptr<QTemporaryFile> m_file;
    std::int64_t m_gdb = 0; ///< Process id of the gdb that has them.
    std::uint64_t m_slide = 0;
    std::size_t m_count = 0;
};

} // namespace pgtscope::app
