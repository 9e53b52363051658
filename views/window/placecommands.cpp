// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/placecommands.h"

#include <algorithm>

#include <QMenu>
#include <QTextBrowser>

#include "core/base/numbers.h"
#include "core/walk/unreadtables.h"
#include "views/console/consoleview.h"
#include "views/filters/colourrules.h"
#include "views/model/placetext.h"
#include "views/model/text.h"
#include "views/widgets/followingview.h"
#include "views/widgets/viewtext.h"
#include "views/window/actionset.h"
#include "views/window/dockarea.h"
#include "views/window/exportactions.h"
#include "views/window/filterbar.h"
#include "views/window/messagebar.h"
#include "views/writes/gotowrite.h"

namespace pgtscope::views {

namespace {

/// What a list of the mappings of a frame lacks, a sentence: those of KPTI's other half, and what could not
/// be read.
QString furtherMappers(const StepState& state, core::FrameNumber frame)
{
    const auto gaps = core::unreadTables(*state.snapshot());
    if (!gaps.empty())
        return Text::tr("More may map it: %1").arg(QString::fromStdString(core::joinedText(gaps)));
    constexpr std::size_t enough = 4096;
    const auto aliases = state.rules().mappingsOf({frame}).aliases(frame, enough);
    const auto other = std::count_if(
        aliases.begin(), aliases.end(), [](const core::Alias& alias) { return alias.reach.otherHalf; });
    return other == 0 ? QString()
                      : Text::tr("KPTI's other half has %1 more: View > Show KPTI's other half")
                            .arg(countOf(static_cast<quint64>(other), "mapping"));
}

} // namespace

PlaceCommands::PlaceCommands(const Parts& parts, QObject* parent)
    : QObject(parent)
    , m_parts(parts)
{
    parts.actions.on(ActionId::Pin, this, &PlaceCommands::pin);
    parts.actions.on(ActionId::GoToWrite, this, &PlaceCommands::goToLastWrite);
    parts.actions.on(ActionId::NextWrite, this, &PlaceCommands::goToNextWrite);
    parts.actions.on(ActionId::LiveAtWrite, this, &PlaceCommands::liveAtLastWrite);
    parts.actions.on(ActionId::WhoMaps, this, &PlaceCommands::whoMaps);
    for (const MadeView& view : parts.docks.made())
        if (view.following)
            serve(*view.following);
    connect(parts.docks.published().console, &ConsoleView::menuRequested, this, &PlaceCommands::showWordMenu);
}

void PlaceCommands::serve(FollowingView& view)
{
    connect(&view, &FollowingView::menuRequested, this,
        [this, &view](const QPoint& global) { showMenu(view, global); });
    // The view's menu has what theirs would have.
    for (auto* text : view.findChildren<QTextBrowser*>())
        text->setContextMenuPolicy(Qt::NoContextMenu);
}

Place PlaceCommands::commandPlace() const
{
    const FollowingView* view = m_parts.docks.focused().following;
    return view ? view->commandPlace() : m_parts.selection.place();
}

void PlaceCommands::goToLastWrite()
{
    const QString why = goToWrite(m_parts.document, m_parts.selection, commandPlace());
    if (!why.isEmpty())
        m_parts.messages.showNotice(why);
}

void PlaceCommands::liveAtLastWrite()
{
    const QString why = goToWrite(m_parts.document, m_parts.selection, commandPlace());
    if (!why.isEmpty())
        return m_parts.messages.showNotice(why);
    m_parts.actions[ActionId::MakeLive].trigger();
}

void PlaceCommands::goToNextWrite()
{
    const QString why = views::goToNextWrite(m_parts.document, m_parts.selection, commandPlace());
    if (!why.isEmpty())
        m_parts.messages.showNotice(why);
}

void PlaceCommands::whoMaps()
{
    const Place place = commandPlace();
    if (!m_parts.document.state() || !place.frame)
        return m_parts.messages.showNotice(tr("Select a frame first, or an address that is mapped"));
    m_parts.filterBar.apply(mappersOf(*m_parts.document.state(), *place.frame));
    showView(QStringLiteral("tables"));
    const QString further = furtherMappers(*m_parts.document.state(), *place.frame);
    if (!further.isEmpty())
        m_parts.messages.showNotice(further);
}

void PlaceCommands::pin()
{
    if (auto* view = m_parts.docks.focused().following)
        view->setFollowing(!view->following());
}

void PlaceCommands::showView(const QString& id)
{
    QWidget* view = m_parts.docks.view(id);
    if (!view)
        return;
    auto* dock = view->parentWidget();
    dock->show();
    dock->raise();
    view->setFocus();
}

void PlaceCommands::joinFilter(const QString& term, FilterJoin join)
{
    m_parts.filterBar.apply(joinedFilter(m_parts.filterBar.filter(), term, join));
}

/// The user changes name, colour and mark in the dialog; here they only have to differ from the others'.
void PlaceCommands::colourLike(const QString& term)
{
    constexpr int hueStep = 67;
    std::vector<ColourRule> rules = ColourRules::instance().rules();
    const int hue = static_cast<int>(rules.size()) * hueStep % 360;
    rules.insert(rules.begin(),
        {term, term, QColor::fromHsv(hue, 150, 200),
            QString(QChar(u'a' + static_cast<char16_t>(rules.size() % 26))), true});
    ColourRules::instance().setRules(rules);
    m_parts.messages.showNotice(tr("What matches %1 is coloured; View > Colour rules changes it").arg(term));
}

void PlaceCommands::fillMenu(QMenu& menu, const Place& place)
{
    menu.setToolTipsVisible(true);
    PlaceMenuHost host;
    host.action = [this](ActionId id) { return &m_parts.actions[id]; };
    host.filter = [this](const QString& term, FilterJoin join) { joinFilter(term, join); };
    host.colour = [this](const QString& term) { colourLike(term); };
    host.show = [this](const QString& view) { showView(view); };
    fillPlaceMenu(menu, *m_parts.document.state(), place, host);
}

void PlaceCommands::showMenu(FollowingView& view, const QPoint& global)
{
    if (!m_parts.document.state())
        return;
    auto* menu = new QMenu(&view);
    menu->setObjectName(QStringLiteral("placeMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    fillMenu(*menu, view.commandPlace());
    menu->addSeparator();
    for (auto* text : view.findChildren<QTextBrowser*>())
        if (text->textCursor().hasSelection())
            menu->addAction(tr("Copy the selected &text"), text, &QTextBrowser::copy);
    view.addToMenu(*menu);
    m_parts.exports.addToMenu(*menu, view);
    menu->popup(global);
}

/// A word that gdb has printed, if it is an address or a symbol.
void PlaceCommands::showWordMenu(const QString& word, QMenu* menu)
{
    const StepStatePtr state = m_parts.document.state();
    const auto place
        = state ? placeFromText(word, *state->snapshot(), m_parts.document.symbols()) : std::nullopt;
    if (!place || place->empty())
        return;
    m_parts.selection.select(*place);
    menu->addSeparator();
    fillMenu(*menu, *place);
}

} // namespace pgtscope::views
