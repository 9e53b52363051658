// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/mainwindow.h"

#include <QAction>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTextBrowser>
#include <QVBoxLayout>

#include "views/argument/argumentview.h"
#include "views/console/consoleview.h"
#include "views/entry/entryview.h"
#include "views/filters/colourrulesdialog.h"
#include "views/filters/filtertarget.h"
#include "views/model/stepplace.h"
#include "views/start/startpage.h"
#include "views/walkthrough/walkthroughview.h"
#include "views/widgets/followingview.h"
#include "views/widgets/savedirectory.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"
#include "views/window/dockarea.h"
#include "views/window/exportactions.h"
#include "views/window/filterbar.h"
#include "views/window/gotobox.h"
#include "views/window/helpmenu.h"
#include "views/window/helppages.h"
#include "views/window/messagebar.h"
#include "views/window/momentlinks.h"
#include "views/window/narrator.h"
#include "views/window/overlay.h"
#include "views/window/presenter.h"
#include "views/window/statusline.h"

namespace pgtscope::views {

namespace {

const QLatin1String geometryKey("window/geometry");
const QLatin1String darkKey("window/dark");
/// Steps that "next boot event" looks through at once; further ones need another press.
constexpr quint64 mostLookedAt = 20'000;

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
    , m_stack(new QStackedWidget(this))
    , m_start(new StartPage(m_stack))
    , m_docks(new DockArea({m_document, m_selection, m_player, m_live}, m_stack))
    , m_goto(new GotoBox(m_document, m_selection, this))
    , m_filterBar(new FilterBar(this))
    , m_messages(new MessageBar(this))
    , m_status(new StatusLine(this))
    , m_state(new QLabel(this))
    , m_runTo(new QMenu(QStringLiteral("Run &to"), this))
{
    setObjectName(QStringLiteral("window"));
    setAcceptDrops(true);
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
    makeActions();
    connectActions();
    m_exports = new ExportActions(
        *m_docks, *m_messages, action(ActionId::ExportView), action(ActionId::ExportTable), this);
    m_links = new MomentLinks(*this, *m_docks);
    makeMenus();
    makeToolBar();
    wire();
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

void MainWindow::makeActions()
{
    for (const ActionRow& row : actionTable()) {
        auto* action = new QAction(QString::fromUtf8(row.text), this);
        action->setShortcut(QKeySequence(QString::fromLatin1(row.shortcut)));
        action->setStatusTip(QString::fromUtf8(row.description));
        addAction(action);
        m_actions[static_cast<unsigned>(row.id)] = action;
        action->setToolTip(usualToolTip(row.id));
    }
    action(ActionId::Play).setCheckable(true);
    action(ActionId::DarkTheme).setCheckable(true);
    action(ActionId::Present).setCheckable(true);
}

QString MainWindow::usualToolTip(ActionId id) const
{
    const QString description = QString::fromUtf8(actionTable()[static_cast<unsigned>(id)].description);
    const QKeySequence key = action(id).shortcut();
    return key.isEmpty() ? description
                         : QStringLiteral("%1 (%2)").arg(description, key.toString(QKeySequence::NativeText));
}

void MainWindow::on(ActionId id, Handler handler)
{
    connect(&action(id), &QAction::triggered, this, [this, handler] { (this->*handler)(); });
}

void MainWindow::connectActions()
{
    on(ActionId::Open, &MainWindow::browse);
    on(ActionId::Start, &MainWindow::showStartPage);
    on(ActionId::Record, &MainWindow::record);
    on(ActionId::ExportPage, &MainWindow::exportPage);
    on(ActionId::NextEvent, &MainWindow::nextEvent);
    on(ActionId::Pin, &MainWindow::pin);
    on(ActionId::GoToWrite, &MainWindow::goToLastWrite);
    on(ActionId::NextWrite, &MainWindow::goToNextWrite);
    on(ActionId::WhoMaps, &MainWindow::whoMaps);
    dynamic_cast<EntryView&>(*m_docks->view(QStringLiteral("entry"))).offer(action(ActionId::EditEntry));
    on(ActionId::DarkTheme, &MainWindow::toggleDark);
    on(ActionId::Shortcuts, &MainWindow::listShortcuts);
    connect(&action(ActionId::ColourRules), &QAction::triggered, this, [this] {
        auto* dialog = new ColourRulesDialog(m_document, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
    auto* presenter = new Presenter(*this, *m_stack, *m_docks, m_document);
    auto* narrator = new Narrator(m_document, m_selection, *m_docks, this);
    connect(narrator, &Narrator::viewRequested, presenter, &Presenter::show);
    connect(&action(ActionId::Present), &QAction::toggled, presenter, &Presenter::setPresenting);
    connect(presenter, &Presenter::presentingChanged, &action(ActionId::Present), &QAction::setChecked);
    connect(&action(ActionId::Quit), &QAction::triggered, this, &QWidget::close);
    connect(&action(ActionId::First), &QAction::triggered, &m_document, [this] { m_document.goTo(0); });
    connect(&action(ActionId::Last), &QAction::triggered, &m_document, [this] { m_document.goTo(~0ULL); });
    connect(&action(ActionId::Back), &QAction::triggered, &m_document, &Document::goBack);
    connect(&action(ActionId::Forward), &QAction::triggered, &m_document, &Document::goForward);
    connect(&action(ActionId::Play), &QAction::triggered, &m_player, &Player::setPlaying);
    connect(&action(ActionId::PlaceBack), &QAction::triggered, &m_selection, &Selection::back);
    connect(&action(ActionId::PlaceForward), &QAction::triggered, &m_selection, &Selection::forward);
    connect(&action(ActionId::ResetLayout), &QAction::triggered, m_docks, &DockArea::resetLayout);
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
    connectGuestActions();
}

void MainWindow::wire()
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
    connect(&m_player, &Player::playingChanged, &action(ActionId::Play), &QAction::setChecked);
    for (QWidget* view : m_docks->views())
        if (auto* following = qobject_cast<FollowingView*>(view)) {
            connect(following, &FollowingView::notice, m_messages, &MessageBar::showNotice);
            connect(following, &FollowingView::menuRequested, this,
                [this, following](const QPoint& global) { showMenu(*following, global); });
            // The view's menu has what theirs would have.
            for (auto* text : following->findChildren<QTextBrowser*>())
                text->setContextMenuPolicy(Qt::NoContextMenu);
        }
    connect(qobject_cast<ConsoleView*>(m_docks->view(QStringLiteral("console"))), &ConsoleView::menuRequested,
        this, &MainWindow::showWordMenu);
    for (QWidget* view : m_docks->views())
        if (dynamic_cast<FilterTarget*>(view))
            m_filterBar->addView(*view, view->parentWidget()->windowTitle());
    connect(m_goto, &GotoBox::filterEntered, m_filterBar, &FilterBar::apply);
    connect(m_filterBar, &FilterBar::applied, m_goto, &GotoBox::showFilter);
    connect(m_goto, &GotoBox::failed, this, &MainWindow::showError);
    connect(m_runTo, &QMenu::aboutToShow, this, &MainWindow::fillRunTo);
    connect(m_status, &StatusLine::cancelRequested, &action(ActionId::Cancel), &QAction::trigger);
    connect(m_status, &StatusLine::busyChanged, this, &MainWindow::enableActions);
    connect(m_start, &StartPage::openRequested, this, &MainWindow::openRecording);
    connect(m_start, &StartPage::browseRequested, this, &MainWindow::browse);
    connect(m_start, &StartPage::launchRequested, this, &MainWindow::launchRequested);
    connect(m_start, &StartPage::exerciseRequested, this, &MainWindow::exerciseRequested);
    connect(m_start, &StartPage::attachRequested, this, &MainWindow::attachRequested);
    connect(&Theme::instance(), &Theme::changedTheme, this, &MainWindow::restyle);
}

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
    m_messages->hide();
    m_document.setTimeline(*timeline, false);
    m_start->addRecent(path);
    saveBeside(path);
    showViews();
    m_docks->lead(isAboutArgument(m_document) ? QStringLiteral("argument") : QString());
    // The narration's first station may be about another view.
    qobject_cast<WalkthroughView*>(m_docks->view(QStringLiteral("walkthrough")))->askToShow();
    if (const std::string damage = (*timeline)->damage(); !damage.empty())
        m_messages->showNotice(QString::fromStdString(damage));
    return true;
}

void MainWindow::showStartPage() { m_stack->setCurrentWidget(m_start); }

void MainWindow::showViews() { m_stack->setCurrentWidget(m_docks); }

void MainWindow::showError(const QString& text) { m_messages->showError(text); }

void MainWindow::browse()
{
    const QString path = QFileDialog::getOpenFileName(this, QStringLiteral("Open a recording"),
        QFileInfo(suggestedName({})).path(), QStringLiteral("Recordings (*.pgtrec);;All files (*)"));
    if (!path.isEmpty())
        openRecording(path);
}

void MainWindow::exportPage()
{
    if (m_document.size() == 0)
        return;
    const QString path = QFileDialog::getSaveFileName(this, QStringLiteral("Export a page for a browser"),
        suggestedName(QStringLiteral(".html")), QStringLiteral("Web pages (*.html)"));
    if (!path.isEmpty())
        emit pageRequested(path);
}

void MainWindow::nextEvent()
{
    if (!m_document.timeline())
        return;
    const quint64 end = std::min<quint64>(m_document.size(), m_document.step() + mostLookedAt);
    quint64 step = m_document.step() + 1;
    for (; step < end; ++step) {
        const auto read = m_document.timeline()->step(step);
        if (!read || read->cause == core::StepCause::BootEvent)
            break;
    }
    m_document.goTo(std::min<quint64>(step, m_document.size() - 1));
}

void MainWindow::pin()
{
    if (auto* view = qobject_cast<FollowingView*>(m_docks->focusedView()))
        view->setFollowing(!view->following());
}

void MainWindow::toggleDark()
{
    const bool dark = action(ActionId::DarkTheme).isChecked();
    QSettings().setValue(darkKey, dark);
    Theme::instance().apply(dark);
}

void MainWindow::listShortcuts()
{
    m_help->show(tr("Keys"), keysPage([this](unsigned id) { return m_actions[id]->shortcut(); }));
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

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (m_asksToKeep && !mayClose())
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
    if (const QString path = droppedRecording(*event->mimeData()); !path.isEmpty() && openRecording(path))
        event->acceptProposedAction();
}

} // namespace pgtscope::views
