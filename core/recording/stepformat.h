// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/recording/stepcodec.h"

/// How a step's record is written. Numbers are Packer's.
///
/// Since format 4 a record is its length in bytes, then fields: a tag, the length of what follows, that many
/// bytes. A reader passes over a field that it does not know, and over what it does not know at the end of
/// one, so that a new field needs no new format. Texts that recur are in a field of their own, the first,
/// and are referred to by number: no other field says anything that a later record needs to be read, but for
/// its own differences to the same field of the previous record. Each field is there once at most.
///
/// Formats 1 to 3 have a number of flags, bit n for tag n, then cause, time, and what the fields hold in the
/// order of their tags, without lengths; a text that recurs is written where it first occurs.
namespace pgtscope::core::stepformat {

inline constexpr std::uint32_t fieldsSince = 4; ///< The first format with fields.

// Tags of what is no fact of a Step (stepfields.h) and no fact of a snapshot (core/model/facts.h).
inline constexpr unsigned entries = 6;
inline constexpr unsigned tableList = 15;
inline constexpr unsigned tables = 16;
inline constexpr unsigned pages = 17;
inline constexpr unsigned xen = 24;
inline constexpr unsigned texts = 34;
/// Tags below are the flags of formats 1 to 3.
inline constexpr unsigned flagCount = 32;

/// In the first byte of pgt_buf: its frames are the kernel's own. Formats 1 and 2 had those of the machine.
inline constexpr unsigned bufferInGuestFrames = 0x40;

/// Texts that a chunk's records can share; further ones are written out each time.
inline constexpr std::size_t maxSharedTexts = 4096;

} // namespace pgtscope::core::stepformat
