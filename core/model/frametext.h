// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/base/numbers.h"
#include "core/model/xenstate.h"

namespace pgtscope::core {

/// "frame:0x1234", which every command takes as it is printed. See guestFrameText() for its other number.
inline std::string frameText(FrameNumber frame) { return "frame:" + hexText(frame.value); }

} // namespace pgtscope::core
