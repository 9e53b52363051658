// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "gdb/tcgplugin/placeslayout.h"

namespace pgtscope::places {

/// A piece of code that QEMU has translated, and leaves at its end only, but for an exception.
struct Block {
    std::uint64_t begin = 0; ///< Linear address.
    std::uint64_t instructions = 0;
};

/// Holds the CPU before a block with which a number of instructions have begun, see Instructions. The CPU
/// still executes that block, and leaves at the next one's begin: with one instruction in each, which QEMU's
/// monitor can have it do, right after the last that counts. An instruction that raises an exception begins
/// a second time afterwards, or never ends: more begin than QEMU counts.
class InstructionWatch {
public:
    explicit InstructionWatch(Places& places)
        : m_places(places)
    {
    }

    /// Whether begins() is for what is translated now.
    bool looks() const { return m_places.instructions.looked != 0; }
    void begins(const Block& block);

private:
    Places& m_places;
};

} // namespace pgtscope::places
