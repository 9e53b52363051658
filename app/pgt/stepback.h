// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "app/pgt/guestoptions.h"

namespace pgtscope::pgt {

/// Brings a guest that pgt relive made live to the previous step of its recording, of that granularity
/// ("event", "pgt_buf", "write"): a new guest takes its place.
ExitStatus stepBack(const GuestOptions& options, const std::string& granularity, Console& console);

} // namespace pgtscope::pgt
