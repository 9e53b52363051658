// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.h"
#include "gdb/qemu/codewatch.h"
#include "gdb/stub/breakpointbudget.h"
#include "gdb/stub/gdblink.h"

namespace pgtscope::gdb {

enum class WatchKind { Write, Read, Access };

/// The breakpoints and watchpoints of a guest: gdb has all of them, the guest those that the budget has slots
/// for. See Target for what each call does. For one thread.
class GdbBreakpoints {
public:
    /// Both outlive this object.
    GdbBreakpoints(GdbLink& link, const StubFacts& facts)
        : m_link(link)
        , m_facts(facts)
    {
    }

    /// From now on a breakpoint in code that has not been translated yet sleeps until it is; not in the
    /// guest, it costs nothing. `watch` outlives this object.
    void letSleep(CodeWatch& watch) { m_watch = &watch; }
    /// Wakes those whose code has been translated since this was called last. The number of one that is where
    /// the CPU was held before its code; nullopt if it was not.
    std::optional<unsigned> wake();
    /// Wakes all of them: gdb may resume the guest by itself.
    void wakeAll();

    core::Result<unsigned> insertHardware(core::LinearAddress address, BreakpointRank rank);
    core::Result<unsigned> insertSoftware(core::LinearAddress address);
    core::Result<unsigned> insertFunction(
        std::string_view function, std::vector<core::LinearAddress>& places, BreakpointRank rank);
    core::Result<unsigned> insertWatch(core::LinearAddress address, unsigned bytes, WatchKind kind);
    core::Result<void> remove(unsigned number);
    core::Result<void> enable(unsigned number, bool enabled);
    void rank(unsigned number, BreakpointRank rank) { m_budget.setRank(number, rank); }
    const BreakpointBudget& budget() const { return m_budget; }

    /// Before the guest runs: puts those into it that it has room for, `reserved` slots being kept free.
    core::Result<void> apply(unsigned reserved = 0);
    /// The same after the guest has refused a breakpoint of gdb's user.
    core::Result<void> applyAfterRefusal();
    /// The guest was not resumed since it refused a breakpoint: fewer are tried next. An Error if it takes
    /// none.
    core::Result<void> learnFromRefusedResume();
    /// Whether the stub has said if there is a limit; otherwise the first refusal shows it.
    bool limitKnown();
    /// Takes what gdb reports of its user's breakpoints into account ("breakpoint-created" and the like).
    void note(const MiRecord& record);
    /// Numbers of the breakpoints and watchpoints that gdb's user has set.
    std::vector<unsigned> users() const;
    /// Whether one of them is at that address, or was when the guest was resumed: of several breakpoints at
    /// one place a stop names the first only.
    bool usersAt(core::LinearAddress address) const;
    /// The number of one that is there; nullopt if none is, or is no more.
    std::optional<unsigned> usersNumberAt(core::LinearAddress address) const;
    /// The guest is about to run.
    void forgetDeleted() { m_deleted.clear(); }
    bool owns(unsigned number) const { return m_budget.owns(number); }

private:
    core::Result<MiValue> insert(const std::string& tried, const std::string& place, bool asleep = false);
    core::Result<MiValue> insertInMemory(const std::string& tried, const std::string& place);
    enum class Kind { Hardware, Asleep, Software };
    core::Result<MiValue> insertAt(const std::string& tried, core::LinearAddress address, Kind kind);
    void endSleep(unsigned number);
    core::Result<unsigned> add(unsigned number, std::vector<core::LinearAddress> places, BreakpointRank rank);
    void askForLimit();
    void learnFromRefusal();
    std::optional<unsigned> latest();

    GdbLink& m_link;
    const StubFacts& m_facts;
    BreakpointBudget m_budget;
    std::map<unsigned, std::vector<core::LinearAddress>> m_users; ///< Those of gdb's user, by number.
    std::vector<core::LinearAddress> m_deleted; ///< Places of theirs that went since the last resume.
    CodeWatch* m_watch = nullptr;
    std::map<unsigned, core::LinearAddress> m_asleep; ///< Ours, by number, and what the watch waits for.
    bool m_limitKnown = false;
    bool m_limitAsked = false;
};

} // namespace pgtscope::gdb
