// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "gdb/tcgplugin/placeslayout.h"

namespace pgtscope::places {

/// A CPU waits until QEMU's main thread waits for it to stop, or the debugger does not want it held any more.
void holdCpu(Places& places);

/// Stops the guest, at the exact instruction, before code of interest runs for the first time. A block that
/// is about to be translated is about to run: its CPU is held until QEMU's main thread waits for it to stop,
/// and then leaves the block before its first instruction. Unlike a breakpoint this costs nothing until it is
/// met: QEMU looks through its breakpoints between any two blocks (accel/tcg/cpu-exec.c,
/// check_for_breakpoints()), and leaving one by a single step throws away what it has translated.
class PlaceWatch {
public:
    /// Whether this process can see what its main thread waits for.
    static bool possible();

    explicit PlaceWatch(Places& places)
        : m_places(places)
    {
    }

    /// A CPU is about to translate and to run the code from `begin` to `end`, exclusive.
    void translating(std::uint64_t begin, std::uint64_t end);

private:
    bool meets(std::uint64_t begin, std::uint64_t end);
    void hold(std::uint64_t begin);

    Places& m_places;
    std::mutex m_mutex;
};

} // namespace pgtscope::places
