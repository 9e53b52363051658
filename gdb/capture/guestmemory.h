// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gdb/gdbsx/domainmemory.h"
#include "gdb/memory/choosechannel.h"
#include "gdb/stub/stoppedguest.h"

namespace pgtscope::gdb {

/// A guest's memory: the channel that reads it, whether that has proven to read this guest, and where RAM is.
/// For one thread.
class GuestMemory {
public:
    /// `guest` must outlive this.
    explicit GuestMemory(StoppedGuest& guest)
        : m_guest(guest)
    {
    }

    /// Finds the best channel; the guest is stopped. `gdb` is the guest itself if gdb is ours, else null.
    core::Result<void> open(ChannelRequest request, Target* gdb);
    /// At a stop, before anything is read: RAM may have moved, and what was opened while it was still empty
    /// shows with the first tables whose memory it is.
    core::Result<void> follow(const core::CpuState& cpu);

    Channel& channel() { return *m_channel; }
    const Channel& channel() const { return *m_channel; }
    /// The channel, where a domain's own kernel describes its memory; else null.
    DomainMemory* domain() { return m_domain; }
    /// Why better channels were not taken, one line each.
    const std::vector<std::string>& notes() const { return m_notes; }

private:
    core::Result<void> openDomain(Target& gdb);
    core::Result<void> choose();
    core::Result<void> refreshRam();
    core::Result<void> prove(const core::CpuState& cpu);

    StoppedGuest& m_guest;
    Target* m_gdb = nullptr;
    ChannelRequest m_request;
    std::unique_ptr<Channel> m_channel;
    DomainMemory* m_domain = nullptr;
    bool m_proven = false; ///< See ChosenChannel::proven.
    std::vector<std::string> m_notes;
};

} // namespace pgtscope::gdb
