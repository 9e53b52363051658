// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "core/model/snapshot.h"

namespace pgtscope::core {

/// Whether a Linux kernel keeps the code and the data of its image apart.
enum class ImageProtection : std::uint8_t {
    Unknown, ///< No kernel image is known, or it is not mapped where it belongs.
    NotYet, ///< Its text is writable, or the end of its data executable.
    Off, ///< As NotYet, and it will stay so: the kernel was started with rodata=off.
    InForce, ///< mark_rodata_ro() has done its work.
};

/// As the tables of the snapshot have it. mark_rodata_ro() makes the text read-only first and the data
/// non-executable last, upwards from the constants to the end of the image, rounded up to a large page
/// (arch/x86/mm/init_64.c, v3.6 and v6.1): between the two it is still at work.
ImageProtection imageProtection(const Snapshot& snapshot);

} // namespace pgtscope::core
