// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "gdb/memory/channel.h"

namespace pgtscope::gdb {

class Target;

/// Guest RAM through gdb's connection alone: works wherever gdb does. The stub is switched to physical
/// addresses for the time of a read only.
class GdbMiMemory final : public Channel {
public:
    GdbMiMemory(Target& target, std::vector<RamPiece> pieces);
    std::string name() const override { return "gdb/MI"; }
    bool fast() const override { return false; }

protected:
    core::Result<void> readRam(std::span<RamChunk> chunks) override;

private:
    core::Result<void> readRuns(std::span<const ChunkRun> runs);

    Target& m_target;
};

} // namespace pgtscope::gdb
