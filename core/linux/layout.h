// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/physicalmemory.h"
#include "core/model/snapshot.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// The stretches that Linux divides its linear address space into, for 4- and 5-level paging by
/// Documentation/x86/x86_64/mm.rst and arch/x86/include/asm/pgtable_64_types.h (v6.1; v3.6 for kernels
/// without page_offset_base whose direct map begins at 0xffff880000000000), and for 32-bit kernels by
/// arch/x86/include/asm/pgtable_32_areas.h. Bases that KASLR moves are read from the kernel's own variables
/// through the snapshot's tables; where they cannot be read yet, fixed ones are used. `symbols` may be null.
std::vector<LinearRegion> linuxLinearRegions(
    const Snapshot& snapshot, const SymbolTable* symbols, PhysicalMemory& memory);

/// What holds for a kernel, or firmware, of which nothing is known: the halves of the canonical addresses
/// (SDM vol. 1, 3.3.7.1), or the one space of 32 bits; between them the image, where `symbols`, which may be
/// null, name its borders (_text or _start, and _end), and Xen's own part under Xen. Empty while paging is
/// off.
std::vector<LinearRegion> plainLinearRegions(const Snapshot& snapshot, const SymbolTable* symbols);
/// The snapshot's regions are plain ones: what runs there is not known to be Linux.
bool hasPlainRegions(const Snapshot& snapshot);

/// What a physical region of linuxPhysicalRegions() holds.
enum class ImagePart : std::uint8_t { Text, Rodata, Data, Brk, Initrd };
/// By the region's name; nullopt if it is none of them.
std::optional<ImagePart> imagePartOf(std::string_view region);

/// Where the kernel image's sections and the initrd lie in physical memory: kernel_text, kernel_rodata,
/// kernel_data, kernel_init, kernel_bss, kernel_brk, initrd. Empty while `_text` is not mapped.
std::vector<PhysicalRegion> linuxPhysicalRegions(
    const Snapshot& snapshot, const SymbolTable& symbols, PhysicalMemory& memory);

} // namespace pgtscope::core
