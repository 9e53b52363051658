// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace pgtscope::gdb {

/// What a user types at gdb's prompt means the user's own breakpoints: those of the boot events are gdb's
/// too, and must neither be listed among them nor be deleted with them.
struct PromptCommand {
    std::string command; ///< For gdb; empty: nothing is to be run.
    std::string answer; ///< In place of gdb's, if nothing is run.
    bool listsBreakpoints = false;
};

/// Whether pgtscope has set the breakpoint or watchpoint of that number.
using OwnBreakpoint = std::function<bool(unsigned number)>;

/// "delete", "disable" and "enable" without a number are given those of the user's breakpoints; with a number
/// of another one they are answered and not run. Every other command is left as it is. Words may be shortened
/// as gdb allows (gdb/cli/cli-cmds.c, breakpoint.c).
PromptCommand promptCommand(
    const std::string& typed, const std::vector<unsigned>& users, const OwnBreakpoint& own);

/// "info breakpoints" without pgtscope's own; a line at the end gives their number.
std::string withoutOwnBreakpoints(const std::string& list, const OwnBreakpoint& own);

/// What gdb says of a new breakpoint ("Note: breakpoints 3 and 27 also set at pc …") without pgtscope's own
/// ones at that place.
std::string withoutOwnNotes(const std::string& printed, const OwnBreakpoint& own);

/// "Breakpoint 27, … in mem_init ()" with the number of the user's breakpoint at that place: gdb names the
/// one that was set first.
std::string withUsersNumber(const std::string& printed, unsigned own, unsigned users);

/// Whether the command is "continue", however it is spelled: it means to run until something of the user's
/// stops the guest.
bool isContinue(const std::string& command);

} // namespace pgtscope::gdb
