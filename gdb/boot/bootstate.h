// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/address.h"

namespace pgtscope::gdb {

/// How far the stepping of a boot has come, at one of its stops: which breakpoints wait for what, and what
/// was counted. With a guest that was restored there, the boot goes on as if it had never been interrupted.
struct BootState {
    /// A breakpoint for a boot event, by the event's name.
    struct Event {
        std::string event; ///< Empty: only the function's return is one.
        std::string atReturn; ///< Empty: the return is none.
        core::LinearAddress address;
        unsigned hits = 0;
        bool spare = false;
        bool operator==(const Event&) const = default;
    };
    /// A breakpoint after a write of CR3.
    struct Switch {
        core::LinearAddress address;
        std::uint64_t place = 0; ///< In the catalogue.
        unsigned hits = 0;
        bool operator==(const Switch&) const = default;
    };
    std::vector<Event> waiting; ///< In the order in which they were inserted.
    std::vector<std::string> later; ///< Events of phases that have not begun.
    std::vector<Event> spent; ///< Reported as often as they are, armed again where a failure may follow.
    std::vector<Switch> switches;
    std::vector<core::LinearAddress> switchPlaces; ///< All that were found, those that are out too.
    bool knowsWriters = false; ///< Functions that only write CR3 have been looked at.
    bool pgtBufWatched = false;
    bool allocatorSeen = false;
    bool allocatorFollowed = false;
    unsigned allocations = 0; ///< Reported ones.
    unsigned skipCalls = 0; ///< Of the function of an experiment.
    bool skipWaits = false; ///< The call that is to be skipped has not come.

    bool operator==(const BootState&) const = default;
};

nlohmann::json toJson(const BootState& state);
/// Reads what toJson() wrote, which may come from anywhere; nullopt if it is anything else.
std::optional<BootState> bootStateFrom(const nlohmann::json& json);

} // namespace pgtscope::gdb
