// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gdb/memory/channel.h"

namespace pgtscope::gdb {

class StoppedGuest;

/// Guest RAM read out of a local QEMU's own address space, /proc/PID/mem. Needs the right to trace that
/// process (ptrace(2), "Ptrace access mode checking"). The open file stays with that process: another one
/// that gets its number later cannot be read by mistake.
class ProcMem final : public Channel {
public:
    /// `processId` is QEMU's; its monitor reports where RAM lies (`gpa2hva`).
    static core::Result<std::unique_ptr<ProcMem>> open(
        StoppedGuest& guest, std::int64_t processId, std::vector<RamPiece> pieces);
    ~ProcMem() override;
    ProcMem(const ProcMem&) = delete;
    ProcMem& operator=(const ProcMem&) = delete;

    core::Result<void> setPieces(std::vector<RamPiece> pieces) override;
    std::string name() const override { return "QEMU's memory (/proc/PID/mem)"; }

protected:
    core::Result<void> readRam(std::span<RamChunk> chunks) override;

private:
    ProcMem(StoppedGuest& guest, std::vector<RamPiece> pieces, int descriptor);
    core::Result<void> locate();

    StoppedGuest& m_guest;
    int m_descriptor;
    /// Host address of the first byte of each RAM block.
    std::map<std::string, std::uint64_t, std::less<>> m_blocks;
};

} // namespace pgtscope::gdb
