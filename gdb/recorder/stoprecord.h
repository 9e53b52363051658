// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "gdb/recorder/recorder.h"

namespace pgtscope::gdb {

/// Takes over from a recording that earlier sessions with the guest have made what they had learnt of
/// pgt_buf: its variables show the present only. Does nothing if there is no such file.
core::Result<void> recallPgtBuf(const std::string& path, GuestSession& session);

/// Appends one stop to a recording, which is made if there is none, with `before` as its first step. Returns
/// the stop's step.
core::Result<core::StepNumber> recordStop(const std::string& path, const core::GuestDescription& guest,
    GuestSession& session, const core::SnapshotPtr& before, const BootStop& stop);

} // namespace pgtscope::gdb
