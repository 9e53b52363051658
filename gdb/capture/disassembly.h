// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "core/model/snapshot.h"
#include "core/recording/code.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::gdb {

/// What gdb makes of the code around the snapshot's RIP: some instructions before it where a symbol gives
/// their start, and what follows. With `source`, lines of source where gdb knows them and the file exists.
/// Empty where gdb cannot say: outside long mode it would take 32-bit code for 64-bit code, as QEMU's stub
/// describes an x86-64 processor in every mode.
std::vector<core::CodeLine> disassembleAround(
    Target& target, const core::Snapshot& snapshot, const core::SymbolTable* symbols, bool source);

/// The same at a stop of a session.
std::vector<core::CodeLine> codeAt(GuestSession& session, const core::Snapshot& snapshot);

/// The lines in gdb's answer to -data-disassemble, in any of its modes; nothing it may hold is trusted.
std::vector<core::CodeLine> codeLinesOf(const MiRecord& record);

} // namespace pgtscope::gdb
