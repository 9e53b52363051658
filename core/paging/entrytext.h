// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/paging/paging.h"

namespace pgtscope::core {

/// "RW user NX", "RO sup X": the rights of an entry or a path, in every text but the columns of walk, which
/// has the kernel's form.
std::string rightsText(Rights rights);
/// Rights from three words of rightsText() in any order, in lower case: "rw", "nx", "sup" or "supervisor".
/// nullopt if a right is named twice, in contradiction or not at all.
std::optional<Rights> parseRights(std::span<const std::string> words);

/// The bits that are set in a present entry, in words: "RW sup A D G PAT=1"; "not present" for others.
std::string entryBitsText(const Paging& paging, const Entry& entry);
/// "#PF(0x3: protection violation, write, supervisor)", by the bits of SDM vol. 3, figure 4-12.
std::string pageFaultText(std::uint32_t code);
/// "bits 51, 13": positions of the bits that are set in `mask`, highest first.
std::string bitPositionsText(std::uint64_t mask);

} // namespace pgtscope::core
