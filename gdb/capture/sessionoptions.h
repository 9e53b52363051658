// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/model/pagetablebuffer.h"
#include "gdb/net/endpoint.h"
#include "gdb/qemu/runningguest.h"

namespace pgtscope::gdb {

struct SessionOptions {
    Endpoint endpoint;
    /// Set when the launcher started the guest: its RAM, kernel and CPU are known then.
    std::optional<RunningGuest> guest;
    /// bzImage, vmlinux or System.map for symbols; empty: the launched guest's kernel, or none.
    std::string kernelFile;
    /// Memory channel to insist on; empty: the best that works.
    std::string channel;
    /// By how much the kernel runs above where it was linked, if the user knows; 0 without KASLR.
    std::optional<std::uint64_t> slide = {};
    /// MAXPHYADDR to use instead of what the guest's CPU says.
    std::optional<unsigned> physicalAddressBits;
    /// What an earlier session with this guest had learnt of pgt_buf, in the guest's own frames.
    std::optional<core::PageTableBuffer> pgtBuf = {};
    /// As ConnectOptions::breakpointsSleep.
    bool breakpointsSleep = true;
    /// Called with a sentence that the user should read, by the thread that calls the session; may be empty.
    std::function<void(const std::string&)> remark = {};
};

} // namespace pgtscope::gdb
