// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/physicalmemory.h"

namespace pgtscope::gdb {

/// A piece of guest-physical memory and the part of QEMU's RAM block that backs it.
struct RamPiece {
    core::PhysicalRange range;
    std::string block; ///< QEMU's name, e.g. "pc.ram", or the id of a memory backend.
    std::uint64_t offset = 0; ///< Of the piece's first byte in its block, in bytes.
    bool readOnly = false; ///< For the guest, e.g. shadowed firmware.

    bool operator==(const RamPiece&) const = default;
};

/// Reads what QEMU's `info mtree -f` prints: the pieces of the address space "memory" that guest RAM backs,
/// sorted, disjoint. Firmware images and the memory of graphics cards are left out; guest RAM that the
/// chipset shows read-only ("rom" lines of a RAM block) is in.
core::Result<std::vector<RamPiece>> parseMemoryTree(std::string_view text);

core::RamMap ramMapOf(const std::vector<RamPiece>& pieces);

/// The piece that holds all `bytes` bytes from `address` on, or nullptr.
const RamPiece* pieceAt(
    const std::vector<RamPiece>& pieces, core::PhysicalAddress address, std::uint64_t bytes);

} // namespace pgtscope::gdb
