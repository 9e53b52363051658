// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/writes/gotowrite.h"

#include <span>

#include <QCoreApplication>

#include "core/base/numbers.h"
#include "views/model/entrychoice.h"
#include "views/model/text.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

/// The entry that a place means, and the history of all of them; or why there is none.
struct Searched {
    std::optional<EntryChoice> entry;
    core::WriteIndexPtr index;
    QString whyNot;
};

Searched searchedFor(Document& document, const Place& place)
{
    const StepStatePtr state = document.state();
    Searched searched{state ? chooseEntry(*state, place) : std::nullopt, document.writes().index(), {}};
    if (!searched.entry)
        searched.whyNot = QCoreApplication::translate("pgtscope::views::MainWindow",
            "Select an entry, or an address that an entry translates, to go to its writes");
    else if (!searched.index)
        searched.whyNot = document.writes().problem().isEmpty()
            ? QCoreApplication::translate(
                "pgtscope::views::MainWindow", "The steps are still being searched: try again in a moment")
            : document.writes().problem();
    return searched;
}

} // namespace

QString goToNextWrite(Document& document, Selection& selection, const Place& place)
{
    const Searched searched = searchedFor(document, place);
    if (!searched.whyNot.isEmpty())
        return searched.whyNot;
    const core::StepNumber shown = document.step();
    std::optional<core::StepNumber> next;
    for (const core::EntryEvent& event :
        searched.index->history(searched.entry->address, document.size() - 1))
        if (event.step > shown && core::lastWrite(std::span(&event, 1)) && (!next || event.step < *next))
            next = event.step;
    if (!next)
        return QCoreApplication::translate("pgtscope::views::MainWindow",
            "The entry at %1 is not written at any later step of this recording")
            .arg(hexOf(searched.entry->address.value));
    const Place target = placeOfEntry(*searched.entry);
    document.goTo(*next);
    selection.select(target);
    return {};
}

QString goToWrite(Document& document, Selection& selection, const Place& place)
{
    const Searched searched = searchedFor(document, place);
    if (!searched.whyNot.isEmpty())
        return searched.whyNot;
    const auto& entry = searched.entry;
    const core::WriteIndexPtr& index = searched.index;
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
        return Text::tr("The entry at %1 appeared with its table at this step; what wrote it before "
                        "then was not recorded")
            .arg(where);
    if (!write)
        return (again
                ? Text::tr("This is the first write to the entry at %1 in this recording")
                : Text::tr("The entry at %1 was not written in this recording: it had this value before"))
            .arg(where);
    const Place target = placeOfEntry(*entry);
    const bool bornThere = write->kind == core::EntryEventKind::Appeared;
    document.goTo(write->step);
    selection.select(target);
    return bornThere ? Text::tr("At this step the entry at %1 appeared with its table").arg(where)
                     : QString();
}

} // namespace pgtscope::views
