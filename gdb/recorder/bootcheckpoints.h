// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/base/cancel.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/checkpoint/checkpointwriter.h"

namespace pgtscope::gdb {

struct CheckpointOptions {
    std::uint64_t space = defaultSpace; ///< As CheckpointWriter::create() has it.
    /// Of boot since the last checkpoint: a restored guest runs about as long to reach a step.
    std::chrono::milliseconds distance{500};
    /// How long the guest has run; empty: ever since these were created.
    std::function<std::chrono::nanoseconds()> ran = {};
    /// Memory that the guest took since then, in bytes.
    std::uint64_t growth = std::uint64_t{64} << 20;
    /// Called with a sentence if no more are saved; may be empty.
    std::function<void(const std::string&)> remark = {};
    const core::CancelFlag* cancel = nullptr;

    static constexpr std::uint64_t defaultSpace = std::uint64_t{256} << 20;
};

/// Saves a checkpoint of a guest that is recorded where it pays: at its first event, and wherever much has
/// happened since the last one. A recording without them is as good: a failure ends them, and nothing else.
class BootCheckpoints {
public:
    /// `guest` was launched, as `description` says, for TCG. Fails where no checkpoint could be restored.
    static core::Result<std::unique_ptr<BootCheckpoints>> create(const std::string& recording,
        const core::GuestDescription& description, const RunningGuest& guest,
        const CheckpointOptions& options);

    /// The guest is at a stop of its boot, which is the recording's last step or becomes it. `step` gives the
    /// number of that step, and is called only if a checkpoint is saved.
    void at(const BootStop& stop, const BootStepper& stepper, const std::function<core::StepNumber()>& step);
    /// "4 checkpoints, 40.2 MiB, saved in 0.6 s".
    std::string summary() const;

private:
    BootCheckpoints(std::unique_ptr<CheckpointWriter> writer, const RunningGuest& guest,
        const CheckpointOptions& options);
    bool due() const;
    std::chrono::nanoseconds ran() const;

    std::unique_ptr<CheckpointWriter> m_writer; ///< Null after a failure.
    RunningGuest m_guest;
    CheckpointOptions m_options;
    std::size_t m_count = 0; ///< Of those that are there.
    std::size_t m_removed = 0;
    std::uint64_t m_bytes = 0;
    std::chrono::milliseconds m_spent{};
    std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now();
    std::chrono::nanoseconds m_last{}; ///< As ran(), when the last one was saved.
    std::uint64_t m_allocated = 0; ///< Then.
};

} // namespace pgtscope::gdb
