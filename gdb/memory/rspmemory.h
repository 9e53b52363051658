// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "gdb/memory/channel.h"
#include "gdb/rsp/stubreader.h"

namespace pgtscope::gdb {

/// Guest RAM from the stub itself, beside gdb and many packets at once: the fastest way that needs nothing
/// but the stub's connection. gdb never sees that addresses mean something else meanwhile, so what it
/// remembers of memory stays right.
class RspMemory final : public Channel {
public:
    /// An Error if the stub reads no physical memory. `cancel` may be null; both must outlive the channel.
    static core::Result<std::unique_ptr<Channel>> open(
        StubReader* stub, std::vector<RamPiece> pieces, const core::CancelFlag* cancel);
    std::string name() const override { return "gdbstub, pipelined"; }

protected:
    core::Result<void> readRam(std::span<RamChunk> chunks) override;

private:
    RspMemory(StubReader& stub, std::vector<RamPiece> pieces, const core::CancelFlag* cancel);

    StubReader& m_stub;
    const core::CancelFlag* m_cancel;
};

} // namespace pgtscope::gdb
