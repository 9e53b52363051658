// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>

#include "gdb/rsp/stubline.h"

namespace pgtscope::gdb {

/// A way to a stub by which physical memory can be read, whatever other client the stub has.
class StubReader {
public:
    virtual ~StubReader() = default;

    virtual const StubTraits& traits() const = 0;
    /// Pieces of any number; each gets its own `ok`.
    virtual core::Result<void> read(std::span<StubRead> pieces, const WaitLimit& limit) = 0;

protected:
    StubReader() = default;
    StubReader(const StubReader&) = default;
    StubReader& operator=(const StubReader&) = default;
};

} // namespace pgtscope::gdb
