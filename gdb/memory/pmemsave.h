// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gdb/host/owneddirectory.h"
#include "gdb/memory/channel.h"

namespace pgtscope::gdb {

class Target;

/// Guest RAM that a local QEMU writes to files for us (`pmemsave` in its monitor), in a directory that only
/// this user can enter.
class Pmemsave final : public Channel {
public:
    static core::Result<std::unique_ptr<Pmemsave>> open(Target& target, std::vector<RamPiece> pieces);
    std::string name() const override { return "files from QEMU (pmemsave)"; }

protected:
    core::Result<void> readRam(std::span<RamChunk> chunks) override;

private:
    Pmemsave(Target& target, std::vector<RamPiece> pieces, OwnedDirectory directory);
    core::Result<void> save(std::span<const ChunkRun> runs);
    std::string fileName(std::size_t index) const
    {
        return (m_directory.path() / ("ram" + std::to_string(index))).string();
    }

    Target& m_target;
    OwnedDirectory m_directory;
};

} // namespace pgtscope::gdb
