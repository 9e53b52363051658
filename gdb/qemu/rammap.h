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
    bool rom = false; ///< ROM or flash, which is in no RAM block. Reading it has no side effect.

    bool operator==(const RamPiece&) const = default;
};

/// Reads what QEMU's `info mtree -f` prints: the pieces of the address space "memory" that guest RAM backs,
/// and firmware's ROM and flash, sorted, disjoint. Guest RAM that the chipset shows read-only ("rom" lines of
/// a RAM block) is RAM. The memory of graphics cards is left out, and so is flash while it takes commands,
/// which QEMU lists as I/O.
core::Result<std::vector<RamPiece>> parseMemoryTree(std::string_view text);

/// The RAM among the pieces.
core::RamMap ramMapOf(const std::vector<RamPiece>& pieces);
/// The ROM and flash among them.
core::RamMap romMapOf(const std::vector<RamPiece>& pieces);

/// The piece that holds all `bytes` bytes from `address` on, or nullptr.
const RamPiece* pieceAt(
    const std::vector<RamPiece>& pieces, core::PhysicalAddress address, std::uint64_t bytes);

} // namespace pgtscope::gdb
