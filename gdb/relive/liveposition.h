// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/timeline/timeline.h"

namespace pgtscope::gdb {

/// Bytes; SDM vol. 2, 2.3.11.
inline constexpr std::uint64_t longestInstruction = 15;

/// What a step back goes to.
enum class BackTo : std::uint8_t { Event, PgtBuf, Write };

/// "event", "pgt_buf" or "write"; nullopt for any other word.
std::optional<BackTo> backToNamed(std::string_view name);

/// The step of a recording at which a guest is that was made live at step `origin` of it and may have run on:
/// by its registers, the first from `origin` on. nullopt: it is at none, or went another way.
std::optional<core::StepNumber> livePosition(
    const core::Timeline& recorded, core::StepNumber origin, const core::CpuState& guest);

/// The step to which such a guest goes back: the one before the position, of that kind; `origin` if it is at
/// no step of the recording, which it has left there. An Error if there is none.
core::Result<core::StepNumber> stepBackFrom(const core::Timeline& recorded, core::StepNumber origin,
    const std::optional<core::StepNumber>& position, BackTo kind);

} // namespace pgtscope::gdb
