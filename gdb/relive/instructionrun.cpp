// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/relive/instructionrun.h"

#include <optional>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"

namespace pgtscope::gdb {

using namespace std::chrono_literals;

namespace {

/// So many instructions before its end a run goes on one by one: more than QEMU translates as one block (512,
/// include/exec/translation-block.h, TCG_MAX_INSNS).
constexpr std::uint64_t nearEnd = 1024;

/// An instruction that raises an exception begins without being counted. More in a row are a guest that makes
/// no progress.
constexpr unsigned maxWithoutProgress = 64;

const char* const countTried = "count the guest's instructions";

WaitLimit monitorLimit() { return WaitLimit::after(10s); }

core::Result<std::uint64_t> countOf(QmpClient& monitor, const WaitLimit& limit)
{
    // Of every guest with -icount, replayed or not (replay/replay-debugging.c, qmp_query_replay()).
    ASSIGN_OR_RETURN(const auto answer, monitor.execute("query-replay", limit));
    const auto count = answer.find("icount");
    if (count == answer.end() || !count->is_number_unsigned())
        return core::failure(
            countTried, "this QEMU does not say how many it has executed", "use QEMU 7.2 or newer");
    return count->get<std::uint64_t>();
}

core::Result<InstructionPlace> placeOf(QmpClient& monitor, const WaitLimit& limit)
{
    ASSIGN_OR_RETURN(const auto count, countOf(monitor, limit));
    ASSIGN_OR_RETURN(auto registers, monitor.monitor("info registers", limit));
    return InstructionPlace{count, std::move(registers)};
}

} // namespace

core::Result<InstructionPlace> instructionPlace(const RunningGuest& guest, const WaitLimit& limit)
{
    ASSIGN_OR_RETURN(auto monitor, QmpClient::connect(guest.qmpEndpoint(), limit));
    return placeOf(monitor, limit);
}

std::string registerDifference(const std::string& first, const std::string& second)
{
    std::istringstream one(first);
    std::istringstream other(second);
    for (;;) {
        std::string was;
        std::string is;
        one >> was;
        other >> is;
        if (was != is)
            return was.append(" against ").append(is);
        if (was.empty())
            return {};
    }
}

InstructionRun::InstructionRun(
    GuestSession& session, BootStepper& stepper, QmpClient monitor, std::chrono::milliseconds patience)
    : m_session(&session)
    , m_stepper(&stepper)
    , m_monitor(std::move(monitor))
    , m_patience(patience)
{
}

core::Result<InstructionRun> InstructionRun::create(GuestSession& session, BootStepper& stepper,
    const RunningGuest& guest, std::chrono::milliseconds patience)
{
    if (!session.target().codeWatch())
        return core::failure(countTried, "no plugin inside QEMU counts them",
            "install pgtscope's plugin for this QEMU; pgt doctor says whether it is found");
    ASSIGN_OR_RETURN(auto monitor, QmpClient::connect(guest.qmpEndpoint(), monitorLimit()));
    return InstructionRun(session, stepper, std::move(monitor), patience);
}

core::Result<std::uint64_t> InstructionRun::count() { return countOf(m_monitor, monitorLimit()); }

core::Result<InstructionPlace> InstructionRun::place() { return placeOf(m_monitor, monitorLimit()); }

core::Result<core::LinearAddress> InstructionRun::at()
{
    ASSIGN_OR_RETURN(const auto cpus, m_session->target().cpus());
    if (cpus.empty())
        return core::failure(countTried, "the guest has no CPU");
    return cpus.front().codeAddress();
}

/// Whether QEMU translates each instruction as a block of its own.
core::Result<void> InstructionRun::oneByOne(bool wanted)
{
    const std::string word = wanted ? " on" : " off";
    ASSIGN_OR_RETURN(auto answer, m_monitor.monitor("one-insn-per-tb" + word, monitorLimit()));
    if (!answer.empty()) { // Its name before QEMU 8.1.
        ASSIGN_OR_RETURN(answer, m_monitor.monitor("singlestep" + word, monitorLimit()));
    }
    if (!answer.empty())
        return core::failure(countTried, "QEMU does not execute them one by one: " + answer);
    return {};
}

core::Result<void> InstructionRun::to(std::uint64_t count)
{
    const auto came = approach(count);
    auto whole = oneByOne(false);
    RETURN_IF_ERROR(came);
    return whole;
}

core::Result<void> InstructionRun::approach(std::uint64_t goal)
{
    std::optional<std::uint64_t> before;
    for (unsigned same = 0; same < maxWithoutProgress;) {
        ASSIGN_OR_RETURN(const auto now, count());
        if (now == goal)
            return {};
        if (now > goal)
            return core::failure(countTried,
                "the guest was to stop after " + std::to_string(goal) + " instructions, and stopped after "
                    + std::to_string(now));
        same = before == now ? same + 1 : 0;
        before = now;
        const std::uint64_t left = goal - now;
        RETURN_IF_ERROR(oneByOne(left <= nearEnd));
        RETURN_IF_ERROR(runOn(left <= nearEnd ? left : left - nearEnd));
    }
    return core::failure(
        countTried, "the guest makes no progress after instruction " + std::to_string(*before));
}

/// Until so many have begun, or the next stop.
core::Result<void> InstructionRun::runOn(std::uint64_t instructions)
{
    Target& target = m_session->target();
    target.codeWatch()->countInstructions(instructions);
    const auto stop = target.resume().and_then([&] { return target.waitForStop(m_patience); });
    target.codeWatch()->countInstructions(0);
    RETURN_IF_ERROR(stop);
    if (stop->reason == StopEvent::Reason::Instructions)
        return {};
    return m_stepper->met(*stop).map([](const auto&) {});
}

core::Result<void> InstructionRun::enterHandler(core::LinearAddress handler)
{
    Target& target = m_session->target();
    ASSIGN_OR_RETURN(const auto before, count());
    ASSIGN_OR_RETURN(const auto breakpoint, target.insertHardwareBreakpoint(handler));
    const auto stop = target.resume().and_then([&] { return target.waitForStop(m_patience); });
    RETURN_IF_ERROR(target.removeBreakpoint(breakpoint));
    RETURN_IF_ERROR(stop);
    ASSIGN_OR_RETURN(const auto now, count());
    ASSIGN_OR_RETURN(const auto here, at());
    if (now != before || here != handler)
        return core::failure(countTried,
            "after " + std::to_string(before) + " instructions the guest does not come to "
                + core::hexText(handler.value));
    return {};
}

} // namespace pgtscope::gdb
