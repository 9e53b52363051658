// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "gdb/boot/bootstepper.h"

namespace pgtscope::gdb {

/// What a system that is not ours says when it has booted: getty's prompt, behind the host's name.
inline constexpr std::string_view loginPrompt = "login: ";

struct BootRunOptions {
    /// Event after which to end; empty: the last event of the catalogue.
    std::string untilEvent;
    /// After the last event, let the guest run until its console says this; empty: don't.
    std::string untilConsole;
    /// Nothing else uses the guest: one that dies may run on after its last step to print its last lines.
    bool hearOut = false;
    /// After the last event, end as well when the console has said nothing for so long: a boot into a system
    /// that is not ours, which never says untilConsole. 0: wait on.
    std::chrono::milliseconds silence{};
    /// Longest time without a stop.
    std::chrono::milliseconds patience = std::chrono::seconds(120);
};

/// Why a boot run ended.
enum class BootRunEnd : std::uint8_t {
    Reached, ///< The event or console text was met.
    Died, ///< The guest is at its end: the last stop says why.
    Quiet, ///< No event came any more within the patience; where the guest was then is the last stop.
    Stopped, ///< The caller needed no more of it.
};

/// Takes a guest through its boot and hands each stop to `report`, the present one first. An Error of
/// `report` ends the run.
core::Result<BootRunEnd> runBoot(BootStepper& stepper, const BootRunOptions& options,
    const std::function<core::Result<void>(const BootStop&)>& report);

/// The same for a boot that goes on: the present stop has been reported before.
core::Result<BootRunEnd> runBootOn(BootStepper& stepper, const BootRunOptions& options,
    const std::function<core::Result<void>(const BootStop&)>& report);

} // namespace pgtscope::gdb
