// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/tcgplugin/instructionwatch.h"

#include "gdb/tcgplugin/placewatch.h"

namespace pgtscope::places {

void InstructionWatch::begins(const Block& block)
{
    Instructions& watched = m_places.instructions;
    watched.last = block.begin;
    if (watched.counting == 0 || watched.left == 0)
        return;
    if (block.instructions < watched.left) {
        watched.left -= block.instructions;
        return;
    }
    watched.left = 0;
    holdCpu(m_places);
}

} // namespace pgtscope::places
