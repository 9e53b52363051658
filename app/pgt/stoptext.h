// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "gdb/boot/bootstepper.h"

namespace pgtscope::pgt {

/// A stop of a live guest and what changed since `before` (null: nothing to compare with), for a reader at a
/// terminal.
std::string stopText(const gdb::BootStop& stop, const core::SnapshotPtr& before);
/// The same as the keys of core::stepJson(), and "changes". `kept` is its step in a recording, if it has one.
nlohmann::json stopJson(
    const gdb::BootStop& stop, const core::SnapshotPtr& before, std::optional<core::StepNumber> kept);

} // namespace pgtscope::pgt
