// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/mainwindow.h"

#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QVBoxLayout>

#include "core/report/steptext.h"
#include "views/argument/argumentview.h"
#include "views/entry/entryview.h"
#include "views/filters/colourrulesdialog.h"
#include "views/filters/filtertarget.h"
#include "views/model/stepplace.h"
#include "views/start/startpage.h"
#include "views/walkthrough/walkthroughview.h"
#include "views/widgets/followingview.h"
#include "views/widgets/savedirectory.h"
#include "views/widgets/theme.h"
#include "views/window/dockarea.h"
#include "views/window/entryedits.h"
#include "views/window/exportactions.h"
#include "views/window/filterbar.h"
#include "views/window/gotobox.h"
#include "views/window/guestactions.h"
#include "views/window/helpmenu.h"
#include "views/window/helppages.h"
#include "views/window/idledocks.h"
#include "views/window/livehere.h"
#include "views/window/messagebar.h"
#include "views/window/momentlinks.h"
#include "views/window/narrator.h"
#include "views/window/overlay.h"
#include "views/window/placecommands.h"
#include "views/window/presenter.h"
#include "views/window/runtomenu.h"
#include "views/window/sessionfiles.h"
#include "views/window/statusline.h"
#include "views/window/stepactions.h"
#include "views/window/windowbars.h"

namespace pgtscope::views {

namespace {

const QLatin1String geometryKey("window/geometry");
const QLatin1String darkKey("window/dark");

QString droppedRecording(const QMimeData& data)
{
    for (const QUrl& url : data.urls())
        if (url.isLocalFile() && url.toLocalFile().endsWith(QLatin1String(".pgtrec")))
            return url.toLocalFile();
    return {};
}

} // namespace

MainWindow::MainWindow(QWidget* parent)
    : QMainWindow(parent)
    , m_document(this)
    , m_selection(this)
    , m_player(m_document, this)
    , m_actions(*this)
    , m_stack(new QStackedWidget(this))
    , m_start(new StartPage(m_stack))
    , m_docks(new DockArea({m_document, m_selection, m_player, m_live}, m_stack))
    , m_goto(new GotoBox(m_document, m_selection, this))
    , m_filterBar(new FilterBar(this))
    , m_messages(new MessageBar(this))
    , m_status(new StatusLine(this))
{
    setObjectName(QStringLiteral("window"));
    setAcceptDrops(true);
    makeCentre();
    makeCommands();
    connectActions();
    connectSteps();
    connectViews();
    connectRequests();
    enableClearing();
    resize(1280, 800);
    restoreGeometry(QSettings().value(geometryKey).toByteArray());
    m_docks->restoreLayout();
    showStartPage();
    restyle();
}

MainWindow::~MainWindow()
{
    // Views refer to the document and the selection: they are deleted first.
    delete m_stack;
}

void MainWindow::makeCentre()
{
    m_stack->addWidget(m_start);
    m_stack->addWidget(m_docks);
    auto* middle = new QWidget(this);
    auto* layout = new QVBoxLayout(middle);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_filterBar);
    layout->addWidget(m_stack, 1);
    setCentralWidget(middle);
    new Overlay(*m_messages, *middle);
    statusBar()->addWidget(m_status, 1);
    statusBar()->setSizeGripEnabled(false);
    setContextMenuPolicy(Qt::NoContextMenu);
}

void MainWindow::makeCommands()
{
    m_steps = new StepActions(m_actions, m_document, m_selection, m_player, this);
    m_files = new SessionFiles(m_actions, m_document, m_live, *this);
    m_guestActions = new GuestActions({m_actions, m_document, m_live, *m_messages, *m_status, *this});
    m_exports = new ExportActions(
        *m_docks, *m_messages, action(ActionId::ExportView), action(ActionId::ExportTable), this);
    m_links = new MomentLinks(*this, *m_docks);
    m_liveHere = new LiveHere(m_actions, m_document, this);
    new EntryEdits(m_actions, *m_docks->published().entry, m_document, m_live, *m_messages, *this);
    new IdleDocks(m_document, m_live, *m_docks, this);
    new PlaceCommands(
        {m_actions, m_document, m_selection, *m_docks, *m_filterBar, *m_messages, *m_exports}, this);
    auto* runTo = new RunToMenu(m_actions, m_document, m_live, this);
    m_help = makeMenus(*this, m_actions, *m_docks, *runTo);
    m_bar = new WindowToolBar(m_actions, *runTo, *m_goto, this);
    addToolBar(m_bar);
}

void MainWindow::connectActions()
{
    m_actions.on(ActionId::Start, this, &MainWindow::toggleStartPage);
    m_actions.on(ActionId::NewWindow, this, &MainWindow::windowRequested);
    m_actions.on(ActionId::DarkTheme, this, &MainWindow::toggleDark);
    m_actions.on(ActionId::Shortcuts, this, &MainWindow::listShortcuts);
    m_actions.on(ActionId::ColourRules, this, &MainWindow::editColourRules);
    m_actions.on(ActionId::Quit, this, &MainWindow::close);
    m_actions.on(ActionId::ClearFilter, m_filterBar, &FilterBar::clear);
    m_actions.on(ActionId::Reconnect, this, &MainWindow::reconnectRequested);
    m_actions.on(ActionId::ResetLayout, m_docks, &DockArea::resetLayout);
    const std::pair<ActionId, Arrangement> arrangements[] = {{ActionId::LayoutLearn, Arrangement::Learn},
        {ActionId::LayoutInspect, Arrangement::Inspect}, {ActionId::LayoutDebug, Arrangement::Debug}};
    for (const auto& [id, arrangement] : arrangements)
        connect(&action(id), &QAction::triggered, m_docks,
            [this, arrangement = arrangement] { m_docks->arrange(arrangement); });
    connect(&action(ActionId::GoTo), &QAction::triggered, m_goto, [this] {
        m_goto->setFocus(Qt::ShortcutFocusReason);
        m_goto->selectAll();
    });
    connect(&action(ActionId::NextView), &QAction::triggered, m_docks, [this] { m_docks->focusNext(1); });
    connect(
        &action(ActionId::PreviousView), &QAction::triggered, m_docks, [this] { m_docks->focusNext(-1); });
    auto* narration = m_docks->published().walkthrough;
    connect(narration, &WalkthroughView::liveRequested, &action(ActionId::MakeLive), &QAction::trigger);
    m_actions.on(ActionId::NextStation, narration, &WalkthroughView::nextStation);
    m_actions.on(ActionId::PreviousStation, narration, &WalkthroughView::previousStation);
    auto* presenter = new Presenter(*this, *m_stack, *m_docks, m_document);
    auto* narrator = new Narrator(m_document, m_selection, *m_docks, this);
    connect(narrator, &Narrator::viewRequested, presenter, &Presenter::show);
    connect(&action(ActionId::Present), &QAction::toggled, presenter, &Presenter::setPresenting);
    connect(presenter, &Presenter::presentingChanged, &action(ActionId::Present), &QAction::setChecked);
}

void MainWindow::connectSteps()
{
    connect(&m_document, &Document::stepChanged, this, &MainWindow::showStepFacts);
    connect(&m_document, &Document::timelineChanged, this, &MainWindow::showStepFacts);
    connect(&m_document, &Document::grown, this, &MainWindow::showStepFacts);
    connect(&m_document, &Document::failed, this, &MainWindow::showError);
    // Another guest has other places.
    connect(&m_document, &Document::timelineChanged, &m_selection, &Selection::clear);
    connect(&m_document, &Document::stepArrived, this, &MainWindow::suggestPlace);
    connect(&m_selection, &Selection::changed, this, &MainWindow::suggestPlace);
    connect(&m_selection, &Selection::changed, this, &MainWindow::enableActions);
    connect(m_guestActions, &GuestActions::stateChanged, this, &MainWindow::showState);
    connect(m_status, &StatusLine::cancelRequested, &action(ActionId::Cancel), &QAction::trigger);
    connect(m_status, &StatusLine::busyChanged, this, &MainWindow::enableActions);
    connect(&Theme::instance(), &Theme::changedTheme, this, &MainWindow::restyle);
}

void MainWindow::connectViews()
{
    for (const MadeView& view : m_docks->made()) {
        if (view.following)
            connect(view.following, &FollowingView::notice, m_messages, &MessageBar::showNotice);
        if (view.filter)
            m_filterBar->addView(*view.widget, *view.filter, view.widget->parentWidget()->windowTitle());
    }
    connect(m_goto, &GotoBox::filterEntered, m_filterBar, &FilterBar::apply);
    connect(m_filterBar, &FilterBar::applied, m_goto, &GotoBox::showFilter);
    connect(m_filterBar, &FilterBar::filteringChanged, this, &MainWindow::enableClearing);
    connect(&action(ActionId::Present), &QAction::toggled, this, &MainWindow::enableClearing);
    connect(m_goto, &GotoBox::failed, m_messages, &MessageBar::showRefusal);
}

/// What the window passes on.
void MainWindow::connectRequests()
{
    // What takes the place of a live session asks first.
    const auto asked = [this](auto go) {
        return [this, go](const auto&... what) {
            if (m_files->mayLeave())
                (this->*go)(what...);
        };
    };
    connect(m_start, &StartPage::openRequested, this, &MainWindow::openAsked);
    connect(m_start, &StartPage::browseRequested, m_files, &SessionFiles::browse);
    connect(m_start, &StartPage::backRequested, this, &MainWindow::showViews);
    connect(m_start, &StartPage::launchRequested, this, asked(&MainWindow::launchRequested));
    connect(m_start, &StartPage::exerciseRequested, this, asked(&MainWindow::exerciseRequested));
    connect(m_start, &StartPage::attachRequested, this, asked(&MainWindow::attachRequested));
    connect(m_liveHere, &LiveHere::requested, this, &MainWindow::liveRequested);
    connect(m_files, &SessionFiles::openRequested, this, &MainWindow::openAsked);
    connect(m_files, &SessionFiles::copyRequested, this, &MainWindow::copyRequested);
    connect(m_files, &SessionFiles::pageRequested, this, &MainWindow::pageRequested);
    connect(m_files, &SessionFiles::discardRequested, this, &MainWindow::discardRequested);
}

bool MainWindow::openAsked(const QString& path) { return m_files->mayLeave() && openRecording(path); }

bool MainWindow::openRecording(const QString& path)
{
    auto timeline = core::Timeline::open(path.toStdString());
    if (timeline && m_live.guest()) {
        // The recording may be the guest's own: it is complete once the guest is detached.
        emit leaving();
        setGuest(nullptr);
        timeline = core::Timeline::open(path.toStdString());
    }
    if (!timeline) {
        showError(QString::fromStdString(timeline.error().message()));
        return false;
    }
    m_messages->clear();
    m_document.setTimeline(*timeline, false);
    m_start->addRecent(path);
    saveBeside(path);
    showViews();
    m_docks->lead(isAboutArgument(m_document) ? QStringLiteral("argument") : QString());
    // The narration's first station may be about another view.
    m_docks->published().walkthrough->askToShow();
    if (const std::string damage = (*timeline)->damage(); !damage.empty())
        m_messages->showNotice(QString::fromStdString(damage));
    return true;
}

void MainWindow::showStartPage()
{
    const GuestController* guest = m_live.guest();
    const bool any = guest || m_document.size() != 0;
    m_start->setBehind(!any ? QString() : guest ? guest->guestName() : tr("the recording"));
    m_stack->setCurrentWidget(m_start);
}

void MainWindow::toggleStartPage()
{
    const bool any = m_live.guest() || m_document.size() != 0;
    if (any && m_stack->currentWidget() == m_start)
        showViews();
    else
        showStartPage();
}

void MainWindow::showViews() { m_stack->setCurrentWidget(m_docks); }

void MainWindow::showError(const QString& text) { m_messages->showError(text); }

void MainWindow::closeUnasked() { m_files->closeUnasked(); }

void MainWindow::setGuest(GuestController* guest)
{
    GuestController* before = m_live.guest();
    m_live.setGuest(guest);
    m_guestActions->follow(before);
    showState();
}

void MainWindow::toggleDark()
{
    const bool dark = action(ActionId::DarkTheme).isChecked();
    QSettings().setValue(darkKey, dark);
    Theme::instance().apply(dark);
}

void MainWindow::listShortcuts()
{
    m_help->show(tr("Keys"),
        keysPage([this](unsigned id) { return m_actions[static_cast<ActionId>(id)].shortcut(); }));
}

void MainWindow::editColourRules()
{
    auto* dialog = new ColourRulesDialog(m_document, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::suggestPlace()
{
    if (m_document.state() && !m_selection.chosen())
        m_selection.suggest(placeOfStep(*m_document.state()));
}

void MainWindow::showStepFacts()
{
    m_status->showStep(m_document.state());
    showState();
}

QString MainWindow::name() const
{
    if (m_live.guest())
        return m_live.guest()->guestName();
    return m_document.timeline() ? QFileInfo(QString::fromStdString(m_document.timeline()->path())).fileName()
                                 : QString();
}

void MainWindow::showState()
{
    QString title = name();
    if (m_document.size() != 0)
        title += QStringLiteral(" \u2014 ")
            + QString::fromStdString(core::stepPlaceText(m_document.step(), m_document.size()));
    setWindowTitle(title.isEmpty() ? QStringLiteral("pgtscope") : title + tr(" \u2014 pgtscope"));
    m_status->setConnection(m_live.guest() ? m_live.guest()->connectionText() : QString());
    enableActions();
}

void MainWindow::enableActions()
{
    const bool steps = m_document.size() != 0;
    for (const ActionId id :
        {ActionId::GoTo, ActionId::ExportView, ActionId::ExportTable, ActionId::ExportPage,
            ActionId::CopyLink, ActionId::Pin, ActionId::NextView, ActionId::PreviousView})
        action(id).setEnabled(steps);
    m_steps->enable();
    m_links->enable();
    m_liveHere->enable();
    m_guestActions->enable();
    m_bar->showState(m_live.guest(), m_document.timeline() != nullptr);
}

/// In a presentation the same key leaves it.
void MainWindow::enableClearing()
{
    action(ActionId::ClearFilter)
        .setEnabled(m_filterBar->isFiltering() && !action(ActionId::Present).isChecked());
}

void MainWindow::restyle()
{
    action(ActionId::DarkTheme).setChecked(Theme::instance().dark());
    const QString line = Theme::instance().line().name();
    const QString window = Theme::instance().window().name();
    const QString panel = Theme::instance().panel().name();
    const QString muted = Theme::instance().mutedText().name();
    setStyleSheet(
        QStringLiteral("QToolBar { background: %1; border: 0; border-bottom: 1px solid %2; spacing: 3px;"
                       " padding: 3px 6px; }"
                       "QMainWindow::separator { background: %1; width: 5px; height: 5px; }"
                       "QStatusBar { background: %1; border-top: 1px solid %2; }"
                       "QStatusBar::item { border: 0; }"
                       "QHeaderView::section { background: %3; color: %4; border: 0;"
                       " border-bottom: 1px solid %2; padding: 2px 4px; }"
                       "QToolBar QToolButton { padding: 3px 8px; }")
            .arg(window, line, panel, muted));
    showState();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!m_files->mayClose())
        return event->ignore();
    emit leaving();
    action(ActionId::Present).setChecked(false);
    m_docks->saveLayout();
    QSettings().setValue(geometryKey, saveGeometry());
    event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (!droppedRecording(*event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    if (const QString path = droppedRecording(*event->mimeData()); !path.isEmpty() && openAsked(path))
        event->acceptProposedAction();
}

} // namespace pgtscope::views
