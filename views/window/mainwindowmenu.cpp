// SPDX-License-Identifier: GPL-2.0-or-later
// What a right click does, and the commands on the place that a view shows.
#include <QAction>
#include <QMenu>
#include <QTextBrowser>

#include "views/filters/colourrules.h"
#include "views/model/placetext.h"
#include "views/widgets/followingview.h"
#include "views/window/dockarea.h"
#include "views/window/exportactions.h"
#include "views/window/filterbar.h"
#include "views/window/gotobox.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"
#include "views/writes/gotowrite.h"

namespace pgtscope::views {

Place MainWindow::commandPlace() const
{
    const auto* view = qobject_cast<FollowingView*>(m_docks->focusedView());
    return view ? view->commandPlace() : m_selection.place();
}

void MainWindow::goToLastWrite()
{
    if (const QString why = goToWrite(m_document, m_selection, commandPlace()); !why.isEmpty())
        m_messages->showNotice(why);
}

void MainWindow::goToNextWrite()
{
    if (const QString why = views::goToNextWrite(m_document, m_selection, commandPlace()); !why.isEmpty())
        m_messages->showNotice(why);
}

void MainWindow::whoMaps()
{
    const Place place = commandPlace();
    if (!m_document.state() || !place.frame)
        return m_messages->showNotice(tr("Select a frame first, or an address that is mapped"));
    m_filterBar->apply(mappersOf(*m_document.state(), *place.frame));
    showView(QStringLiteral("tables"));
}

void MainWindow::showView(const QString& id)
{
    QWidget* view = m_docks->view(id);
    if (!view)
        return;
    auto* dock = view->parentWidget();
    dock->show();
    dock->raise();
    view->setFocus();
}

void MainWindow::joinFilter(const QString& term, FilterJoin join)
{
    m_filterBar->apply(joinedFilter(m_filterBar->filter(), term, join));
}

/// The user changes name, colour and mark in the dialog; here they only have to differ from the others'.
void MainWindow::colourLike(const QString& term)
{
    constexpr int hueStep = 67;
    std::vector<ColourRule> rules = ColourRules::instance().rules();
    const int hue = static_cast<int>(rules.size()) * hueStep % 360;
    rules.insert(rules.begin(),
        {term, term, QColor::fromHsv(hue, 150, 200),
            QString(QChar(u'a' + static_cast<char16_t>(rules.size() % 26))), true});
    ColourRules::instance().setRules(rules);
    m_messages->showNotice(tr("What matches %1 is coloured; View > Colour rules changes it").arg(term));
}

void MainWindow::fillMenu(QMenu& menu, const Place& place)
{
    menu.setToolTipsVisible(true);
    PlaceMenuHost host;
    host.action = [this](ActionId id) { return &action(id); };
    host.filter = [this](const QString& term, FilterJoin join) { joinFilter(term, join); };
    host.colour = [this](const QString& term) { colourLike(term); };
    host.show = [this](const QString& view) { showView(view); };
    fillPlaceMenu(menu, *m_document.state(), place, host);
}

void MainWindow::showMenu(QWidget& view, const QPoint& global)
{
    if (!m_document.state())
        return;
    auto* menu = new QMenu(&view);
    menu->setObjectName(QStringLiteral("placeMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    auto& following = dynamic_cast<FollowingView&>(view);
    fillMenu(*menu, following.commandPlace());
    menu->addSeparator();
    for (auto* text : view.findChildren<QTextBrowser*>())
        if (text->textCursor().hasSelection())
            menu->addAction(tr("Copy the selected &text"), text, &QTextBrowser::copy);
    following.addToMenu(*menu);
    m_exports->addToMenu(*menu, view);
    menu->popup(global);
}

/// A word that gdb has printed, if it is an address or a symbol.
void MainWindow::showWordMenu(const QString& word, const QPoint& global)
{
    const auto place = m_document.state()
        ? placeFromText(word, *m_document.state()->snapshot(), m_document.symbols())
        : std::nullopt;
    auto* menu = qobject_cast<QMenu*>(sender()->findChild<QMenu*>(QStringLiteral("placeMenu")));
    if (!menu)
        return;
    if (place && !place->empty()) {
        m_selection.select(*place);
        menu->addSeparator();
        fillMenu(*menu, *place);
    }
    menu->popup(global);
}

} // namespace pgtscope::views
