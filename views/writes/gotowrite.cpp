// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/writes/gotowrite.h"

#include "core/base/numbers.h"
#include "views/model/entrychoice.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

QString goToWrite(Document& document, Selection& selection, const Place& place)
{
    const StepStatePtr state = document.state();
    const auto entry = state ? chooseEntry(*state, place) : std::nullopt;
    if (!entry)
        return QStringLiteral(
            "Select an entry, or an address that an entry translates, to go to its last write");
    const core::WriteIndexPtr& index = document.writes().index();
    if (!index)
        return document.writes().problem().isEmpty()
            ? QStringLiteral("The steps are still being searched: try again in a moment")
            : document.writes().problem();
    const core::StepNumber shown = document.step();
    auto history = index->history(entry->address, shown);
    const core::EntryEvent* write = core::lastWrite(history);
    const bool again = write && write->step == shown;
    const bool born = write && write->kind == core::EntryEventKind::Appeared;
    if (again) {
        std::erase_if(history, [shown](const core::EntryEvent& event) { return event.step == shown; });
        write = core::lastWrite(history);
    }
    const QString where = hexOf(entry->address.value);
    if (!write && again && born)
        return QStringLiteral("The entry at %1 appeared with its table at this step; what wrote it before "
                              "then was not recorded")
            .arg(where);
    if (!write)
        return (again ? QStringLiteral("This is the first write to the entry at %1 in this recording")
                      : QStringLiteral(
                          "The entry at %1 was not written in this recording: it had this value before"))
            .arg(where);
    const Place target = placeOfEntry(*entry);
    const bool bornThere = write->kind == core::EntryEventKind::Appeared;
    document.goTo(write->step);
    selection.select(target);
    return bornThere ? QStringLiteral("At this step the entry at %1 appeared with its table").arg(where)
                     : QString();
}

} // namespace pgtscope::views
