// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gdb/memory/channel.h"

namespace pgtscope::gdb {

/// Guest RAM that QEMU keeps in a shared file, mapped read-only into this process.
///
/// A file can be cut short, and touching a mapped page past its end, or a hole for which the file system
/// has no space left, would kill the process with SIGBUS. So read() copies with pread(), which reports the
/// end instead and reads holes as zeros without filling them; and mappedFrame() gives a page only after the
/// file system has said that the file holds data there. What stays is the moment between that answer and the
/// use: QEMU never shortens its RAM file, and its other writers are the user's own. mappedRange() goes by an
/// earlier answer where the file has lost no room since.
class MappedRam final : public Channel {
public:
    /// `file` must hold the one RAM block that backs all RAM of `pieces`.
    static core::Result<std::unique_ptr<MappedRam>> open(
        const std::string& file, std::vector<RamPiece> pieces);
    ~MappedRam() override;
    MappedRam(const MappedRam&) = delete;
    MappedRam& operator=(const MappedRam&) = delete;

    const std::byte* mappedFrame(core::FrameNumber frame) const override;
    std::span<const std::byte> mappedRange(core::PhysicalAddress begin, std::uint64_t bytes) const override;
    std::string name() const override { return "mapped RAM"; }
    bool readsRom() const override { return false; }

protected:
    core::Result<void> readRam(std::span<RamChunk> chunks) override;

private:
    MappedRam(std::vector<RamPiece> pieces, int descriptor, const std::byte* begin, std::size_t bytes);
    std::optional<std::uint64_t> offsetOf(core::PhysicalAddress address) const;
    std::uint64_t dataEnd(std::uint64_t offset, std::uint64_t wanted) const;
    void recordExtent(std::uint64_t begin, std::uint64_t end) const;

    int m_descriptor;
    const std::byte* m_begin;
    std::size_t m_bytes;
    mutable std::mutex m_mutex; ///< Of what follows.
    /// Offsets in the file between which there is no hole: the end by the begin. They do not overlap.
    mutable std::map<std::uint64_t, std::uint64_t> m_extents;
    mutable std::uint64_t m_fileBytes = 0; ///< When the extents were learnt.
    mutable std::uint64_t m_fileBlocks = 0;
};

} // namespace pgtscope::gdb
