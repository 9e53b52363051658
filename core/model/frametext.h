// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/base/numbers.h"
#include "core/model/xenstate.h"

namespace pgtscope::core {

/// "frame:0x1234", which every command takes as it is printed. See guestFrameText() for its other number.
inline std::string frameText(FrameNumber frame) { return "frame:" + hexText(frame.value); }
/// "pfn:0x1234", a frame in the kernel's own count, as every command takes it.
inline std::string frameText(GuestFrame frame) { return "pfn:" + hexText(frame.value); }
/// "pa:0x1234000", as every command takes it: a bare number would be a linear address there.
inline std::string physicalText(PhysicalAddress address) { return "pa:" + hexText(address.value); }

} // namespace pgtscope::core
