// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/address.h"
#include "core/base/error.h"
#include "core/symbols/symbolsource.h"

namespace pgtscope::core {

/// What the search compares against: facts of the kernel's file.
struct SlideClues {
    LinearAddress text; ///< Link address of `_text`.
    KernelBanner banner;
    unsigned pointerBytes = 8; ///< 4 or 8.
    std::uint64_t alignment = 0; ///< Bytes that the slide is a multiple of; 0 = unknown.
};

/// The clues that `symbols` hold; an Error if its file has no banner to compare with (a System.map).
Result<SlideClues> slideCluesOf(const KernelSymbols& symbols);

/// Bytes that the slide is a multiple of.
std::uint64_t slideStep(const SlideClues& clues);
/// Whether KASLR may have chosen this slide, which is modulo 2^64 or 2^32.
bool isPossibleSlide(const SlideClues& clues, std::uint64_t slide);

enum class SlideState {
    Found, ///< The banner is at its link address plus the slide.
    NotMapped, ///< Nothing is mapped where the kernel could be: it has not set up its own mapping yet.
    NoMatch, ///< Something is mapped there, but not this kernel: another one runs, or it is not ready yet.
};

struct SlideAnswer {
    SlideState state = SlideState::NotMapped;
    std::uint64_t slide = 0; ///< For Found: run-time minus link address, modulo 2^64 or 2^32.
    std::size_t tried = 0; ///< Slides that were looked at.
};

/// Starts of executable mappings in the live tables, of any number and order; asked only if slide 0 is wrong.
using ExecutableMappings = std::function<std::vector<LinearAddress>()>;
/// Reads at a linear address through the live tables; false unless all of it is mapped and was read.
using ReadLinear = std::function<bool(LinearAddress, std::span<std::byte>)>;

/// Finds how far KASLR has moved the kernel: slide 0 first, then the slides that put `_text` at one of the
/// mappings, then every possible one. A slide counts only if the banner's bytes are in the right place. The
/// kernel chooses within 1 GiB from 0xffffffff80000000 on 64 bits (KERNEL_IMAGE_SIZE), in steps of
/// CONFIG_PHYSICAL_ALIGN; on 32 bits it moves the physical and the linear address alike, within 512 MiB
/// (arch/x86/boot/compressed/kaslr.c and misc.c, v6.1).
SlideAnswer findSlide(const SlideClues& clues, const ExecutableMappings& mappings, const ReadLinear& read);

} // namespace pgtscope::core
