// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace pgtscope::core {

/// What an appended step survives.
enum class Durability : std::uint8_t {
    Process, ///< The end of every process, however abrupt. A power failure can cost the latest steps.
    Power, ///< A power failure too: each append waits for the disk.
};

} // namespace pgtscope::core
