// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/presenter.h"

#include <QLabel>
#include <QMainWindow>
#include <QMenuBar>
#include <QScreen>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolBar>
#include <QVBoxLayout>

#include "views/model/text.h"
#include "views/timeline/timelineview.h"
#include "views/walkthrough/walkthroughview.h"
#include "views/widgets/theme.h"
#include "views/window/dockarea.h"
#include "views/window/presenterstrip.h"

namespace pgtscope::views {

namespace {

constexpr int narrationShare = 38; // percent of the width
constexpr double typeStep = 1.15;
constexpr qsizetype maxKeys = 10;

const QString walkthroughId = QStringLiteral("walkthrough");

QString titleOf(const QString& id)
{
    for (const ViewRow& row : viewRegistry())
        if (id == QLatin1String(row.id))
            return Text::tr(row.title);
    return {};
}

} // namespace

QStringList presentedViews()
{
    QStringList views;
    for (const ViewRow& row : viewRegistry())
        if (walkthroughId != QLatin1String(row.id) && views.size() < maxKeys)
            views += QString::fromLatin1(row.id);
    return views;
}

Presenter::Presenter(QMainWindow& window, QStackedWidget& stack, DockArea& docks, Document& document)
    : QObject(&window)
    , m_window(window)
    , m_stack(stack)
    , m_docks(docks)
    , m_document(document)
    , m_walkthrough(docks.published().walkthrough)
{
    addKeys();
    connect(m_walkthrough, &WalkthroughView::presentRequested, this, [this] { setPresenting(true); });
}

void Presenter::addKey(const char* key, const std::function<void()>& pressed)
{
    auto* shortcut = new QShortcut(QKeySequence(QString::fromLatin1(key)), &m_window);
    shortcut->setEnabled(false);
    connect(shortcut, &QShortcut::activated, this, pressed);
    m_keys += shortcut;
}

void Presenter::addKeys()
{
    addKey("Esc", [this] { setPresenting(false); });
    addKey("PgDown", [this] { m_walkthrough->nextStation(); });
    addKey("PgUp", [this] { m_walkthrough->previousStation(); });
    addKey("Right", [this] { m_document.goForward(); });
    addKey("Down", [this] { m_document.goForward(); });
    addKey("Left", [this] { m_document.goBack(); });
    addKey("Up", [this] { m_document.goBack(); });
    addKey("A", [this] { m_walkthrough->toggleAnswer(); });
    addKey("B", [this] { m_blank->setVisible(m_blank->isHidden()); });
    for (const char* larger : {"+", "="})
        addKey(larger, [this] { resizeType(typeStep); });
    addKey("-", [this] { resizeType(1 / typeStep); });
    const QStringList views = presentedViews();
    for (qsizetype i = 0; i < views.size(); ++i)
        addKey(QByteArray::number((i + 1) % maxKeys).constData(), [this, id = views[i]] { showView(id); });
}

void Presenter::resizeType(double factor) { Theme::instance().setScale(Theme::instance().scale() * factor); }

void Presenter::setPresenting(bool presenting)
{
    if (presenting == this->presenting())
        return;
    if (presenting)
        begin();
    else
        end();
    for (QShortcut* key : m_keys)
        key->setEnabled(presenting);
    emit presentingChanged(presenting);
}

void Presenter::begin()
{
    m_states = m_window.windowState();
    const QWidget* before = m_docks.focusedView();
    QString first = presentedViews().front();
    for (const QString& id : presentedViews())
        if (m_docks.view(id) == before)
            first = id;
    m_bars = {m_window.menuBar(), m_window.statusBar()};
    for (QToolBar* bar : m_window.findChildren<QToolBar*>(QString(), Qt::FindDirectChildrenOnly))
        m_bars += bar;
    m_bars.removeIf([](const QWidget* bar) { return bar->isHidden(); });
    for (QWidget* bar : m_bars)
        bar->hide();
    Theme::instance().setLarge(true);
    makeStage();
    showView(first);
    m_stack.setCurrentWidget(m_stage);
    m_window.setWindowState(m_states | Qt::WindowFullScreen);
    m_stage->setFocus();
    m_walkthrough->askToShow();
}

void Presenter::makeStage()
{
    m_stage = new QWidget(&m_stack);
    m_stage->setObjectName(QStringLiteral("presentation"));
    m_stage->setFocusPolicy(Qt::StrongFocus);
    m_title = new QLabel(m_stage);
    m_title->setObjectName(QStringLiteral("presentedView"));
    auto* view = new QWidget(m_stage);
    auto* left = new QVBoxLayout(view);
    left->setContentsMargins(8, 4, 0, 0);
    left->addWidget(m_title);
    m_columns = new QSplitter(m_stage);
    m_columns->setChildrenCollapsible(false);
    m_columns->addWidget(view);
    m_columns->addWidget(m_walkthrough);
    m_walkthrough->show();
    m_walkthrough->setBarShown(false);
    const int width = m_window.width();
    m_columns->setSizes({width * (100 - narrationShare) / 100, width * narrationShare / 100});
    auto* strip = new PresenterStrip(m_document, m_docks.published().timeline->sampler(), m_stage);
    strip->setAnnotations(m_walkthrough->annotations());
    auto* layout = new QVBoxLayout(m_stage);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    layout->addWidget(m_columns, 1);
    layout->addWidget(strip);
    m_blank = new QWidget(&m_window);
    m_blank->setObjectName(QStringLiteral("blank"));
    m_blank->setAutoFillBackground(true);
    m_blank->setPalette(QPalette(Qt::black));
    m_blank->resize(m_window.screen()->size().expandedTo(m_window.size()));
    m_blank->hide();
    m_stack.addWidget(m_stage);
}

void Presenter::show(const QString& id)
{
    if (!presenting())
        m_docks.bring(id);
    else if (presentedViews().contains(id))
        showView(id);
}

void Presenter::showView(const QString& id)
{
    if (id == m_shown)
        return;
    putBack();
    m_shown = id;
    QWidget* view = m_docks.view(id);
    m_columns->widget(0)->layout()->addWidget(view);
    static_cast<QVBoxLayout*>(m_columns->widget(0)->layout())->setStretchFactor(view, 1);
    view->show();
    const qsizetype number = presentedViews().indexOf(id) + 1;
    m_title->setText(QStringLiteral("<b>%1</b> · %2").arg(number % maxKeys).arg(titleOf(id)));
    m_blank->raise();
}

void Presenter::putBack()
{
    if (!m_shown.isEmpty())
        m_docks.giveBack(m_shown);
    m_shown.clear();
}

void Presenter::end()
{
    putBack();
    m_walkthrough->setBarShown(true);
    m_docks.giveBack(walkthroughId);
    m_stack.setCurrentWidget(&m_docks);
    delete m_stage;
    m_stage = nullptr;
    delete m_blank;
    m_blank = nullptr;
    Theme::instance().setLarge(false);
    for (QWidget* bar : m_bars)
        bar->show();
    m_window.setWindowState(m_states);
}

} // namespace pgtscope::views
