// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <QString>

#include "gdb/net/endpoint.h"
#include "gdb/stub/runechoes.h"
#include "gdb/stub/stubprobe.h"

namespace pgtscope::gdb {

struct ConnectOptions {
    Endpoint endpoint;
    std::optional<StubFacts> facts; ///< Known without asking a stub that serves one connection; nullopt: ask.
    /// Of a stub that answers runs which were none; null: every answer is a stop. For one target.
    std::shared_ptr<RunEchoes> echoes = {};
    std::string symbolFile; ///< ELF file with DWARF, handed to gdb; empty: none.
    /// Overrides what the stub shows about the guest before we came, see StubFacts::wasRunning.
    std::optional<bool> wasRunning;
    /// Should we be killed, the guest needs no guard to restore its state: it ends with us.
    bool endsWithUs = false;
    /// Shared with a plugin that stops the guest before code that runs for the first time, or after stores
    /// (CodeWatch); empty: there is none.
    std::filesystem::path watchedCode = {};
    /// Whether breakpoints may wait outside the guest, see GdbBreakpoints::letSleep().
    bool breakpointsSleep = true;
    QString gdbProgram = "gdb";
    /// Called with a sentence that the user should read, by the thread that calls the target; may be empty.
    std::function<void(const std::string&)> remark = {};
    /// Most that one question to gdb may take, beside the time in which the stub gives answers (at most a
    /// second each): what takes longer is given up for good. With releaseTime and the probe a stub that falls
    /// silent costs less than 12 s.
    std::chrono::milliseconds commandTime = std::chrono::seconds(8);
    /// Most that detaching from the guest may take.
    std::chrono::milliseconds releaseTime = std::chrono::milliseconds(2500);
};

} // namespace pgtscope::gdb
