// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/guestdeath.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/numbers.h"
#include "core/walk/translation.h"

namespace pgtscope::gdb {

namespace {

/// "paused (shutdown)": the word in brackets, of QEMU's "info status"; empty if there is none.
std::string runStateOf(const std::string& answer)
{
    const auto begin = answer.find('(');
    const auto end = answer.find(')', begin == std::string::npos ? 0 : begin);
    return begin == std::string::npos || end == std::string::npos ? std::string()
                                                                  : answer.substr(begin + 1, end - begin - 1);
}

std::string_view whyNotReached(const core::Translation& at)
{
    switch (at.end) {
    case core::TranslationEnd::NotPresent:
        return "the page was not present";
    case core::TranslationEnd::ReservedBits:
        return "an entry on its path sets reserved bits";
    case core::TranslationEnd::Gap:
        return "a table on its path could not be read";
    case core::TranslationEnd::NotCanonical:
    case core::TranslationEnd::PagingOff:
    case core::TranslationEnd::Mapped:
        break;
    }
    return {};
}

/// CR2 as it was left by the last page fault, where it explains one.
std::string faultText(const core::Snapshot& snapshot)
{
    const core::LinearAddress address(snapshot.cpu().control.cr2);
    if (address.value == 0 || !snapshot.paging().enabled())
        return {};
    const std::string_view why = whyNotReached(core::translate(snapshot, address));
    return why.empty() ? std::string() : "CR2 " + core::hexText(address.value) + ": " + std::string(why);
}

/// The line in which a Linux says that it leaves the machine, of the last ones that it printed; empty if none
/// is. kernel/reboot.c and arch/x86/kernel/reboot.c, 2.6.39 to 6.12 ("reboot: " since 3.10).
std::string_view farewellIn(std::string_view console)
{
    constexpr std::array<std::string_view, 8> farewells{"reboot: Power down", "reboot: System halted",
        "reboot: machine restart", "reboot: Restarting system", "Power down.", "System halted.",
        "machine restart", "Restarting system."};
    constexpr std::size_t lastBytes = 400;
    std::string_view last = console.substr(console.size() - std::min(console.size(), lastBytes));
    for (const std::string_view farewell : farewells)
        if (const auto at = last.rfind(farewell); at != std::string_view::npos)
            return last.substr(at, farewell.size());
    return {};
}

} // namespace

core::Result<void> GuestDeath::checkAlive(const core::Snapshot& now)
{
    if (!std::exchange(m_looked, true)) {
        m_dead = this->now(now, {}).value_or(std::string());
        if (m_dead.empty())
            RETURN_IF_ERROR(watchReset(now.cpu()));
    }
    return m_dead.empty() ? core::Result<void>()
                          : core::failure("let the guest run", "it has died: " + m_dead,
                              "examine it in its present state, or launch it again");
}

/// Not where the guest runs in the vector's page for another reason: there a stop would mean nothing.
core::Result<void> GuestDeath::watchReset(const core::CpuState& now)
{
    const auto pageOf = [](core::LinearAddress address) { return address.value & ~(core::frameBytes - 1); };
    const bool realMode = (now.control.cr0 & core::cr0Pe) == 0;
    if (realMode && now.codeAddress() == resetVector) {
        if (m_launched)
            return {};
        // The breakpoint would stop a guest that has yet to leave the vector.
        ASSIGN_OR_RETURN(const auto stepped, m_target.stepInstruction(now.id));
        if (stepped.rip == now.rip)
            return {};
    } else if (pageOf(now.rip) == pageOf(resetRip) || pageOf(now.rip) == pageOf(resetVector)) {
        return {};
    }
    // A stub that has no room for it, or no such thing, is followed all the same.
    if (const auto number = m_target.insertHardwareBreakpoint(resetVector, lastRank))
        m_reset = *number;
    return {};
}

std::optional<std::string> GuestDeath::at(
    const StopEvent& stop, const core::Snapshot& snapshot, std::string_view console)
{
    const bool ours = stop.number && owns(*stop.number);
    const bool unnamed = stop.reason == StopEvent::Reason::Signal && stop.detail == "SIGTRAP";
    std::optional<std::string> why;
    // QEMU's stub reports run states as signals: SIGQUIT for a shutdown, others for other ends of a guest.
    const bool realMode = (snapshot.cpu().control.cr0 & core::cr0Pe) == 0;
    if (m_reset && (ours || unnamed) && realMode && stop.rip == resetRip)
        why = "the machine was reset and is at its reset vector";
    else if (stop.reason == StopEvent::Reason::Signal && !unnamed && stop.detail != "SIGINT")
        why = now(snapshot, console);
    m_dead = why.value_or(m_dead);
    return why;
}

std::optional<std::string> GuestDeath::now(const core::Snapshot& snapshot, std::string_view console)
{
    const auto answer = m_target.monitor("info status");
    const std::string state = answer ? runStateOf(*answer) : std::string();
    if (state == "shutdown")
        return shutdownText(snapshot, console);
    constexpr std::array<std::string_view, 4> others{
        "guest-panicked", "internal-error", "io-error", "watchdog"};
    for (const std::string_view other : others)
        if (state == other)
            return "QEMU has stopped the guest: " + state;
    return std::nullopt;
}

const std::string& GuestDeath::atItsEnd()
{
    m_dead = endedWithQemu;
    return m_dead;
}

/// QEMU does not report the reason over the stub: it is inferred from the console and the last instruction.
std::string GuestDeath::shutdownText(const core::Snapshot& snapshot, std::string_view console)
{
    if (const std::string_view farewell = farewellIn(console); !farewell.empty())
        return "the guest has shut the machine down or reset it; its console says \"" + std::string(farewell)
            + "\"";
    std::array<std::byte, 2> before{};
    const core::CpuState& cpu = snapshot.cpu();
    const core::LinearAddress code = cpu.codeAddress();
    if (code.value >= before.size() && m_target.readLinear(code - before.size(), before).value_or(false)) {
        const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(before[i]); };
        const bool outToDx = (byte(1) & 0xfeU) == 0xee; // OUT DX, AL or eAX
        const bool outToByte = (byte(0) & 0xfeU) == 0xe6; // OUT imm8, AL or eAX
        if (outToDx || outToByte)
            return "the guest has shut the machine down or reset it (by the OUT instruction before its RIP)";
        // A processor that shuts down executes nothing more: this one has gone on to wait for the end.
        if (byte(1) == 0xf4) // HLT
            return "the guest has shut the machine down or reset it, and halts";
    }
    const std::string fault = faultText(snapshot);
    return fault.empty() ? "the machine is shut down: a triple fault, or a request of the guest"
                         : "probably a triple fault; " + fault;
}

} // namespace pgtscope::gdb
