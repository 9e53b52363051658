// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/address.h"
#include "core/base/physicalmemory.h"
#include "core/symbols/kaslr.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

// A 64-bit Linux that is being unpacked (arch/x86/boot/compressed/misc.c): where KASLR wants it in physical
// memory its ELF file appears first, then its segments take the file's place, and their pointers are moved by
// the KASLR slide. Then its first instruction is executed, on a mapping one to one.

/// Whether this kernel can be recognized there: it has the symbols and the banner for it.
bool canBeSeenUnpacked(const SymbolTable& symbols, const SlideClues& clues);

/// Where in RAM an x86-64 ELF file begins, at multiples of the kernel's alignment; at most a few.
Result<std::vector<PhysicalAddress>> elfFilesInRam(PhysicalMemory& memory, const SlideClues& clues);

/// The KASLR slide of the kernel whose `_text` is there; nullopt if it is another kernel, or not complete.
std::optional<std::uint64_t> slideOfUnpacked(
    const SymbolTable& symbols, const SlideClues& clues, PhysicalMemory& memory, PhysicalAddress text);

/// Where the `_text` of a kernel may be that executes at `pc`, on the mapping one to one: the nearest first.
std::vector<PhysicalAddress> unpackedAround(
    const SymbolTable& symbols, const SlideClues& clues, PhysicalAddress pc);

} // namespace pgtscope::core
