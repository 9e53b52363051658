// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "core/model/snapshot.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// The number space that a typed address names.
enum class AddressSpace : std::uint8_t {
    Bare, ///< A number alone: what it is an address of depends on the caller.
    Linear, ///< "va:", or a symbol.
    Physical, ///< "pa:"; under Xen PV a machine address.
    Frame, ///< "frame:" or "mfn:": a frame as entries hold it.
    KernelFrame, ///< "pfn:": a frame in the kernel's own count.
};

/// An address as a user typed it.
struct AddressWord {
    AddressSpace space = AddressSpace::Bare;
    std::uint64_t value = 0; ///< In bytes; of frames their number.
    std::string text; ///< As typed.
};

/// What users type for an address, in every command and in the window: a number with an optional unit, the
/// bare hexadecimal digits of a log, a symbol, symbol+offset, or a number after "va:", "pa:", "frame:",
/// "mfn:" or "pfn:". An Error says what the text is not.
Result<AddressWord> parseAddressWord(const std::string& text, const SymbolTable& symbols);

/// An address where no tables are at hand to convert with: a bare number, or a linear address. An Error for
/// physical addresses and frames.
Result<LinearAddress> plainLinearAddress(const AddressWord& word);

/// The physical address that is meant, of which a bare number is one; a frame's is that of its first byte. A
/// linear address is translated. An Error if nothing is mapped there, if the domain has no such frame, or if
/// it is past what this CPU can address.
Result<PhysicalAddress> physicalAddressOf(const AddressWord& word, const Snapshot& snapshot);

/// The linear address that is meant, of which a bare number is one. A physical address or frame means
/// where it is mapped: in the direct mapping if it is there, else at the lowest address. An Error if no table
/// that the root reaches maps it.
Result<LinearAddress> linearAddressOf(const AddressWord& word, const Snapshot& snapshot);

} // namespace pgtscope::core
