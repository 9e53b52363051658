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
    guest.put(guest.root(), pointers, practice::tableFlags, 256);
    guest.put(pointers, directory, practice::tableFlags);
    guest.put(directory, first, practice::tableFlags);
    guest.put(directory, second, practice::tableFlags);
    guard = guest.put(directory, guarded, practice::tableFlags & ~made::rw);
    for (const FrameNumber table : tables)
        tableMappings.push_back(map(table, practice::readOnly));
    for (const std::uint64_t flags : {practice::writable, practice::writable, practice::readOnly})
        mapData(flags);
    const FrameNumber shown = anyTable();
    guest.put(guarded, shown, practice::writable);
    guest.put(guarded, guest.newFrame(), practice::writable);
}

PracticeKernel::Slot PracticeKernel::map(FrameNumber frame, std::uint64_t flags)
{
    const FrameNumber table = dice.percent(50) ? first : second;
    return {table, guest.put(table, frame, flags)};
}

PracticeKernel::Slot PracticeKernel::mapData(std::uint64_t flags)
{
    const Slot slot = map(guest.newFrame(), flags);
    dataMappings.push_back(slot);
    return slot;
}

} // namespace pgtscope::core
