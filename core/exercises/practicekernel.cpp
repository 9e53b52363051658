// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/exercises/practicekernel.h"

namespace pgtscope::core {

PracticeKernel::PracticeKernel(Dice& numbers)
    : dice(numbers)
    , guest(numbers)
    , directory(guest.newTable())
    , first(guest.newTable())
    , second(guest.newTable())
    , guarded(guest.newTable())
{
    const FrameNumber pointers = guest.newTable();
    tables = {guest.root(), pointers, directory, first, second, guarded};
    guest.put(guest.root(), pointers, practice::table, 256);
    guest.put(pointers, directory, practice::table);
    guest.put(directory, first, practice::table);
    guest.put(directory, second, practice::table);
    guard = guest.put(directory, guarded, practice::readOnlyTable);
    for (const FrameNumber table : tables)
        tableMappings.push_back(map(table, practice::readOnly));
    for (const MadeEntry& entry : {practice::writable, practice::writable, practice::readOnly})
        mapData(entry);
    const FrameNumber shown = anyTable();
    guest.put(guarded, shown, practice::writable);
    guest.put(guarded, guest.newFrame(), practice::writable);
}

PracticeKernel::Slot PracticeKernel::map(FrameNumber frame, const MadeEntry& entry)
{
    const FrameNumber table = dice.percent(50) ? first : second;
    return {table, guest.put(table, frame, entry)};
}

PracticeKernel::Slot PracticeKernel::mapData(const MadeEntry& entry)
{
    const Slot slot = map(guest.newFrame(), entry);
    dataMappings.push_back(slot);
    return slot;
}

} // namespace pgtscope::core
