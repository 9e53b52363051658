// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gdb/memory/channel.h"

namespace pgtscope::gdb {

class StoppedGuest;
class Target;

/// What decides how guest memory is read.
struct ChannelRequest {
    /// "mapped", "procmem", "rsp", "pmemsave" or "gdb" to insist on one; empty or "auto": the best that
    /// works.
    std::string name;
    /// File that QEMU keeps the guest's RAM in, if that is known.
    std::string ramFile;
    /// QEMU's process on this machine; nullopt: the one that listens at the stub's endpoint.
    std::optional<std::int64_t> processId;
};

struct ChosenChannel {
    std::unique_ptr<Channel> channel;
    /// Why the better ones were not taken, one line each, best first.
    std::vector<std::string> notes;
    /// It read bytes that are not all zero as the stub reads them. Before a machine's first instruction all
    /// that could be compared may be zero, which any other machine's memory is as well.
    bool proven = false;
};

/// Opens the best channel. `gdb` is the guest itself if gdb is ours; null: another debugger has it, and
/// "pmemsave" and "gdb" are not available. A channel with a way of its own to the memory is compared with the
/// stub's way first: page 0 and the table that CR3 points to.
core::Result<ChosenChannel> chooseChannel(StoppedGuest& guest, Target* gdb, const ChannelRequest& request);

/// Compares an open channel once more. An Error if it reads something else than the stub does; false if all
/// that was compared is zero.
core::Result<bool> provesItself(StoppedGuest& guest, Target* gdb, Channel& channel);

} // namespace pgtscope::gdb
