// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/recording/guestdescription.h"
#include "core/steps/step.h"

namespace pgtscope::gdb {

/// A part of a checkpoint, packed into one chunk.
struct StoredPart {
    std::string chunk;
    std::uint64_t bytes = 0; ///< Unpacked.
    bool operator==(const StoredPart&) const = default;
};

/// A guest at one stop of its boot.
struct Checkpoint {
    core::StepNumber step = 0; ///< Of the recording.
    StoredPart device; ///< All of the machine but its RAM, as QEMU wrote it.
    StoredPart pages; ///< A PageMap.
    nlohmann::json boot; ///< What was known of the boot (gdb/boot/bootstate.h).

    bool operator==(const Checkpoint&) const = default;
};

struct CheckpointIndex {
    std::string recording; ///< recordingId() of the one that it belongs to.
    std::vector<Checkpoint> checkpoints; ///< In ascending order of steps.

    /// The last one at or before a step; null if there is none.
    const Checkpoint* nearest(core::StepNumber step) const;
};

/// Different for each recording: a hash of how its guest was booted, and when.
std::string recordingId(const core::GuestDescription& guest);

/// `key`: see checkpointKey().
std::string indexText(const CheckpointIndex& index, std::string_view key);
/// Reads what indexText() wrote. QEMU takes the state of a machine for good: one that was not written with
/// this key is refused.
core::Result<CheckpointIndex> indexFrom(std::string_view text, std::string_view key);

/// What proves that checkpoints are of this user on this machine: 32 random bytes in the user's cache, made
/// when they are needed first.
core::Result<std::string> checkpointKey();

} // namespace pgtscope::gdb
