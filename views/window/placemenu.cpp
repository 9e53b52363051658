// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/placemenu.h"

#include <QApplication>
#include <QClipboard>
#include <QCoreApplication>
#include <QMenu>

#include "views/model/entrychoice.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

QString menuText(const char* text)
{
    return QCoreApplication::translate("pgtscope::views::MainWindow", text);
}

/// What the menu is about: not every row that can be clicked is a place of its own.
QString placeTitle(const StepState& state, const Place& place)
{
    if (place.linear)
        return menuText("Linear address %1").arg(linearOf(state.snapshot()->paging(), *place.linear));
    if (place.entry)
        return menuText("Entry at %1").arg(hexOf(place.entry->value));
    return place.frame ? menuText("Frame %1").arg(hexOf(place.frame->value)) : QString();
}

void addFilters(QMenu& menu, const std::vector<QString>& terms, const PlaceMenuHost& host)
{
    const std::pair<FilterJoin, QString> joins[] = {{FilterJoin::Replace, menuText("Apply as &filter")},
        {FilterJoin::And, menuText("\u2026 &and")}, {FilterJoin::AndNot, menuText("\u2026 and &not")}};
    for (const auto& [join, title] : joins) {
        QMenu* choices = menu.addMenu(title);
        choices->setEnabled(!terms.empty());
        for (const QString& term : terms)
            choices->addAction(
                term, choices, [filter = host.filter, term, how = join] { filter(term, how); });
    }
}

void addViews(QMenu& menu, const PlaceMenuHost& host)
{
    QMenu* views = menu.addMenu(menuText("&Show in"));
    const std::pair<const char*, QString> rows[] = {{"frames", menuText("&Frames")},
        {"tables", menuText("&Tables")}, {"address", menuText("&Linear space")},
        {"timeline", menuText("T&imeline")}, {"entry", menuText("&Entry")}};
    for (const auto& [id, title] : rows)
        views->addAction(title, views, [show = host.show, view = QString::fromLatin1(id)] { show(view); });
}

void addCopies(QMenu& menu, const StepState& state, const Place& place)
{
    QMenu* copies = menu.addMenu(menuText("&Copy"));
    const auto add = [copies](const QString& what, const QString& text) {
        copies->addAction(QStringLiteral("%1  %2").arg(what, text), copies,
            [text] { QApplication::clipboard()->setText(text); });
    };
    if (place.linear)
        add(menuText("linear address"), hexOf(place.linear->value));
    if (place.frame)
        add(menuText("physical address"), hexOf(core::addressOf(*place.frame).value));
    const core::XenState* xen = state.snapshot()->xen();
    if (const auto pfn = xen && place.frame ? xen->guestFrame(*place.frame) : std::nullopt)
        add(menuText("pfn"), hexOf(pfn->value));
    if (const auto entry = chooseEntry(state, place)) {
        add(menuText("entry's address"), hexOf(entry->address.value));
        add(menuText("raw value"), hexOf(entry->entry.raw));
    }
    copies->setEnabled(!copies->isEmpty());
}

void addColour(QMenu& menu, const std::vector<QString>& terms, const PlaceMenuHost& host)
{
    QMenu* colours = menu.addMenu(menuText("C&olour what matches"));
    colours->setEnabled(!terms.empty());
    for (const QString& term : terms)
        colours->addAction(term, colours, [colour = host.colour, term] { colour(term); });
}

} // namespace

QString mappersOf(const StepState& state, core::FrameNumber frame)
{
    return (state.snapshot()->xen() ? QStringLiteral("mfn == ") : QStringLiteral("pfn == "))
        + hexOf(frame.value);
}

std::vector<QString> filterTerms(const StepState& state, const Place& place)
{
    std::vector<QString> terms;
    if (place.linear)
        terms.push_back(QStringLiteral("va == ") + hexOf(place.linear->value));
    if (place.frame) {
        terms.push_back(mappersOf(state, *place.frame));
        const core::PhysicalAddress begin = core::addressOf(*place.frame);
        for (const core::PhysicalRegion& region : state.snapshot()->namedRegions())
            if (region.range.contains(begin))
                terms.push_back(QStringLiteral("region == \"%1\"").arg(toText(region.name)));
    }
    if (const auto entry = chooseEntry(state, place)) {
        terms.push_back(
            QStringLiteral("table == ") + hexOf(core::addressOf(core::frameOf(entry->address)).value));
        terms.push_back(QStringLiteral("level == %1").arg(entry->entry.level));
    }
    return terms;
}

QString joinedFilter(const QString& before, const QString& term, FilterJoin join)
{
    const QString right = join == FilterJoin::AndNot ? QStringLiteral("not (%1)").arg(term) : term;
    if (join == FilterJoin::Replace || before.trimmed().isEmpty())
        return right;
    const bool simple = !before.contains(QLatin1String(" or ")) && !before.contains(QLatin1String("||"));
    return (simple ? QStringLiteral("%1 and %2") : QStringLiteral("(%1) and %2"))
        .arg(before.trimmed(), right);
}

void fillPlaceMenu(QMenu& menu, const StepState& state, const Place& place, const PlaceMenuHost& host)
{
    const std::vector<QString> terms = filterTerms(state, place);
    if (const QString about = placeTitle(state, place); !about.isEmpty())
        menu.addAction(about)->setEnabled(false);
    addFilters(menu, terms, host);
    menu.addSeparator();
    for (const ActionId id : {ActionId::WhoMaps, ActionId::GoToWrite, ActionId::NextWrite, ActionId::MakeLive,
             ActionId::LiveAtWrite})
        menu.addAction(host.action(id));
    menu.addSeparator();
    addViews(menu, host);
    menu.addAction(host.action(ActionId::EditEntry));
    addCopies(menu, state, place);
    addColour(menu, terms, host);
}

} // namespace pgtscope::views
