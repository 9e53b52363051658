// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "gdb/checkpoint/checkpointindex.h"
#include "gdb/checkpoint/livefolder.h"
#include "gdb/host/waitlimit.h"
#include "gdb/qemu/runningguest.h"

namespace pgtscope::gdb {

/// A recording's checkpoints, as far as their index says. Fails if there are none, or if they belong to
/// another recording.
class Checkpoints {
public:
    static core::Result<Checkpoints> open(const std::string& recording, const core::GuestDescription& guest);

    const CheckpointIndex& index() const { return m_index; }
    /// Makes a guest what it was at that stop. It was launched with LaunchSpec::incoming from the recording's
    /// recipe, and nothing has run in it; it is paused afterwards.
    core::Result<void> restore(
        const Checkpoint& checkpoint, const RunningGuest& guest, const WaitLimit& limit) const;

private:
    Checkpoints(LiveFolder folder, CheckpointIndex index)
        : m_folder(std::move(folder))
        , m_index(std::move(index))
    {
    }
    core::Result<core::Bytes> part(const StoredPart& part) const;
    core::Result<void> restorePages(const Checkpoint& checkpoint, const RunningGuest& guest) const;

    LiveFolder m_folder;
    CheckpointIndex m_index;
};

} // namespace pgtscope::gdb
