// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/start/startpage.h"

#include <QCheckBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

#include "core/linux/labguest.h"
#include "views/start/choicelist.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr qsizetype maxRecent = 12;
const QString recentKey = QStringLiteral("start/recent");
const QString connectionsKey = QStringLiteral("start/connections");

QLabel* heading(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    QFont font = label->font();
    font.setBold(true);
    font.setPointSizeF(font.pointSizeF() * 1.15);
    label->setFont(font);
    return label;
}

QStringList withFirst(QStringList list, const QString& first)
{
    list.removeAll(first);
    list.prepend(first);
    return list.mid(0, maxRecent);
}

} // namespace

StartPage::StartPage(QWidget* parent)
    : QWidget(parent)
    , m_behind(new QPushButton(this))
    , m_introduction(new QPushButton(tr("New here? The argument, in five minutes"), this))
    , m_unsaved(makeList(tr("Unsaved sessions"), {}))
    , m_recent(makeList(tr("Recent recordings"),
          tr("Recent recordings appear here. You can also drop a recording on the window.")))
    , m_shipped(makeList(tr("Walkthroughs"), tr("None is installed with this program.")))
    , m_guests(makeList(tr("Guests"), tr("No guest is available.")))
    , m_exercises(makeList(tr("Exercises"), tr("None is installed with this program.")))
    , m_connections(makeList(tr("Saved connections"), tr("Recent connections appear here.")))
    , m_append(new QLineEdit(this))
    , m_everyStore(new QCheckBox(tr("Record every s&tore into a page table"), this))
    , m_checkpoints(new QCheckBox(tr("Save &checkpoints, to go back live"), this))
    , m_endpoint(new QLineEdit(this))
    , m_kernel(new QLineEdit(this))
{
    setObjectName(QStringLiteral("start"));
    auto* title = new QLabel(QStringLiteral("pgtscope"), this);
    QFont font = title->font();
    font.setPointSizeF(font.pointSizeF() * 2.2);
    font.setBold(true);
    title->setFont(font);
    auto* subtitle = new QLabel(tr("See how an x86 kernel builds its page tables while it boots"), this);
    auto* top = new QHBoxLayout;
    top->setSpacing(16);
    top->addWidget(title);
    top->addWidget(subtitle, 1, Qt::AlignBottom);
    m_behind->setObjectName(QStringLiteral("backToSession"));
    m_behind->hide();
    connect(m_behind, &QPushButton::clicked, this, &StartPage::backRequested);
    top->addWidget(m_behind, 0, Qt::AlignBottom);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(16);
    columns->addWidget(makeRecent(), 6);
    columns->addWidget(makeLaunch(), 5);
    columns->addWidget(makeAttach(), 5);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 12, 16, 12);
    layout->addLayout(top);
    layout->addWidget(makeIntroduction());
    layout->addSpacing(8);
    layout->addLayout(columns, 1);
    fillRecent();
    fillConnections();
}

void StartPage::setBehind(const QString& what)
{
    m_behind->setText(tr("&Back to %1").arg(what));
    m_behind->setVisible(!what.isEmpty());
}

ChoiceList* StartPage::makeList(const QString& name, const QString& whenEmpty)
{
    auto* list = new ChoiceList(whenEmpty, this);
    list->setAccessibleName(name);
    return list;
}

/// Shown if there is a recording for it.
QWidget* StartPage::makeIntroduction()
{
    m_introduction->setObjectName(QStringLiteral("introduction"));
    QFont font = m_introduction->font();
    font.setBold(true);
    font.setPointSizeF(font.pointSizeF() * 1.25);
    m_introduction->setFont(font);
    m_introduction->setMinimumHeight(m_introduction->fontMetrics().height() * 2);
    m_introduction->setDefault(true);
    m_introduction->hide();
    connect(m_introduction, &QPushButton::clicked, this,
        [this] { emit openRequested(m_introduction->property("path").toString()); });
    return m_introduction;
}

QWidget* StartPage::makeUnsaved()
{
    constexpr int maxHeight = 150;
    m_unsavedBox = new QWidget(this);
    auto* layout = new QVBoxLayout(m_unsavedBox);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(heading(tr("Unsaved sessions"), m_unsavedBox));
    layout->addWidget(m_unsaved);
    auto* remove = new QPushButton(tr("Discard the chosen session\u2026"), m_unsavedBox);
    remove->setObjectName(QStringLiteral("discard"));
    layout->addWidget(remove);
    m_unsaved->setObjectName(QStringLiteral("unsaved"));
    m_unsaved->setMaximumHeight(maxHeight);
    m_unsavedBox->hide();
    connect(remove, &QPushButton::clicked, this, &StartPage::discard);
    connect(m_unsaved, &QListWidget::itemActivated, this,
        [this](const QListWidgetItem* item) { emit openRequested(item->data(Qt::UserRole).toString()); });
    return m_unsavedBox;
}

void StartPage::setUnsaved(const std::vector<UnsavedSession>& sessions)
{
    m_unsaved->clear();
    for (const UnsavedSession& session : sessions)
        m_unsaved->add(session.title, session.about, session.path);
    m_unsavedBox->setVisible(!sessions.empty());
}

void StartPage::discard()
{
    const QListWidgetItem* item = m_unsaved->currentItem();
    if (!item)
        return;
    const QString path = item->data(Qt::UserRole).toString();
    auto* ask = new QMessageBox(QMessageBox::Question, tr("Discard a session"),
        tr("Delete the recording of %1? Its steps cannot be restored.").arg(item->text()),
        QMessageBox::Discard | QMessageBox::Cancel, this);
    ask->setObjectName(QStringLiteral("askDiscard"));
    ask->setAttribute(Qt::WA_DeleteOnClose);
    connect(ask, &QMessageBox::buttonClicked, this, [this, ask, path](QAbstractButton* button) {
        if (ask->standardButton(button) == QMessageBox::Discard)
            emit discardRequested(path);
    });
    ask->open();
}

QWidget* StartPage::makeRecent()
{
    auto* box = new QWidget(this);
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    auto* open = new QPushButton(tr("Open a recording\u2026"), box);
    open->setObjectName(QStringLiteral("browse"));
    layout->addWidget(heading(tr("Walkthroughs, in reading order"), box));
    layout->addWidget(m_shipped, 6);
    layout->addWidget(heading(tr("Recordings"), box));
    layout->addWidget(open);
    layout->addWidget(makeUnsaved());
    layout->addWidget(m_recent, 1);
    m_recent->setObjectName(QStringLiteral("recent"));
    m_shipped->setObjectName(QStringLiteral("shipped"));
    connect(open, &QPushButton::clicked, this, &StartPage::browseRequested);
    for (ChoiceList* list : {m_recent, m_shipped}) {
        list->setOpensOnClick();
        connect(list, &ChoiceList::opened, this, &StartPage::openRequested);
    }
    return box;
}

QWidget* StartPage::makeLaunch()
{
    auto* box = new QWidget(this);
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    auto* launch = new QPushButton(tr("Launch the chosen guest"), box);
    launch->setObjectName(QStringLiteral("launch"));
    layout->addWidget(heading(tr("Launch a guest in QEMU"), box));
    layout->addWidget(launch);
    layout->addWidget(m_guests, 5);
    m_append->setObjectName(QStringLiteral("append"));
    m_append->setPlaceholderText(tr("extra command line, e.g. %1").arg(toText(core::lab::exampleScenario)));
    m_append->setAccessibleName(tr("More parameters for the kernel's command line"));
    layout->addWidget(m_append);
    m_everyStore->setObjectName(QStringLiteral("everyStore"));
    m_everyStore->setToolTip(
        tr("Who wrote each entry, when, and its previous value: QEMU loads a plugin that reports "
           "each store, and the guest runs slower by half or more"));
    layout->addWidget(m_everyStore);
    m_checkpoints->setObjectName(QStringLiteral("checkpoints"));
    m_checkpoints->setToolTip(
        tr("The guest's memory and devices, beside the session: from the nearest checkpoint a guest is at "
           "a step again in a second or two; without, it boots again"));
    m_checkpoints->setChecked(true);
    layout->addWidget(m_checkpoints);
    m_guests->setObjectName(QStringLiteral("guests"));
    const auto request = [this](const QListWidgetItem* item) {
        if (item)
            emit launchRequested({item->data(Qt::UserRole).toString(), m_append->text().trimmed(),
                m_everyStore->isChecked(), m_checkpoints->isChecked()});
    };
    connect(m_guests, &QListWidget::itemActivated, this, request);
    connect(launch, &QPushButton::clicked, this, [this, request] { request(m_guests->currentItem()); });
    return box;
}

QWidget* StartPage::makeAttach()
{
    auto* box = new QWidget(this);
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(heading(tr("Attach to a running guest"), box));
    m_endpoint->setObjectName(QStringLiteral("endpoint"));
    m_endpoint->setPlaceholderText(tr("localhost:1234 or unix:/path"));
    m_endpoint->setToolTip(tr("localhost:1234, unix:/path or gdbsx:localhost:9999"));
    m_kernel->setObjectName(QStringLiteral("kernel"));
    m_kernel->setPlaceholderText(tr("optional: for symbols"));
    m_kernel->setToolTip(tr("bzImage, vmlinux or System.map"));
    auto* choose = new QPushButton(tr("Choose\u2026"), box);
    auto* kernelRow = new QHBoxLayout;
    kernelRow->addWidget(m_kernel, 1);
    kernelRow->addWidget(choose);
    auto* form = new QFormLayout;
    form->addRow(tr("&Stub"), m_endpoint);
    form->addRow(tr("Kernel"), kernelRow);
    layout->addLayout(form);
    auto* attachButton = new QPushButton(tr("Attach"), box);
    attachButton->setObjectName(QStringLiteral("attach"));
    layout->addWidget(attachButton);
    layout->addWidget(heading(tr("Saved connections"), box));
    layout->addWidget(m_connections, 2);
    auto* remove = new QPushButton(tr("Forget the chosen connection"), box);
    layout->addWidget(remove);
    addExercises(*layout);
    m_connections->setObjectName(QStringLiteral("connections"));
    connect(choose, &QPushButton::clicked, this, [this] {
        const QString path = QFileDialog::getOpenFileName(this, tr("Kernel for symbols"));
        if (!path.isEmpty())
            m_kernel->setText(path);
    });
    connect(attachButton, &QPushButton::clicked, this, &StartPage::attach);
    connect(m_endpoint, &QLineEdit::returnPressed, this, &StartPage::attach);
    connect(remove, &QPushButton::clicked, this, &StartPage::removeConnection);
    connect(m_connections, &QListWidget::itemActivated, this, [this](const QListWidgetItem* item) {
        m_endpoint->setText(item->text());
        attach();
    });
    return box;
}

void StartPage::addExercises(QVBoxLayout& column)
{
    column.addWidget(heading(tr("Exercises"), column.parentWidget()));
    column.addWidget(m_exercises, 5);
    m_exercises->setObjectName(QStringLiteral("exercises"));
    connect(m_exercises, &QListWidget::itemActivated, this,
        [this](const QListWidgetItem* item) { emit exerciseRequested(item->data(Qt::UserRole).toString()); });
}

void StartPage::setGuests(const std::vector<GuestChoice>& guests)
{
    m_guests->clear();
    for (const GuestChoice& guest : guests)
        m_guests->add(QStringLiteral("%1  \u00b7  %2").arg(guest.name, guest.pagingMode), guest.description,
            guest.name);
    m_guests->setCurrentRow(0);
}

void StartPage::setShipped(const std::vector<ShippedRecording>& recordings)
{
    m_shipped->clear();
    m_introduction->hide();
    int number = 0;
    for (const ShippedRecording& recording : recordings) {
        // First: a line that has no room for all of its text is cut at its end.
        const QString length
            = recording.minutes == 0 ? QString() : tr("%1 min \u00b7 ").arg(recording.minutes);
        const QString about
            = recording.about.isEmpty() ? QFileInfo(recording.path).completeBaseName() : recording.about;
        m_shipped->add(tr("%1. %2").arg(++number).arg(recording.title), length + about, recording.path);
        if (recording.stations != 0)
            m_shipped->item(m_shipped->count() - 1)
                ->setToolTip(tr("%1, in %2 stations").arg(length + about).arg(recording.stations));
        if (!recording.introduction)
            continue;
        m_introduction->setProperty("path", recording.path);
        m_introduction->setToolTip(about);
        m_introduction->show();
    }
}

void StartPage::setExercises(const std::vector<ExerciseChoice>& exercises)
{
    m_exercises->clear();
    for (const ExerciseChoice& exercise : exercises) {
        const bool made = exercise.guest.isEmpty();
        m_exercises->add(
            exercise.title, made ? QString() : tr("On a live guest: %1").arg(exercise.guest), exercise.name);
        if (made)
            m_exercises->item(m_exercises->count() - 1)
                ->setToolTip(tr("Another one each time; the answer is judged at once"));
    }
}

QStringList StartPage::recent() const { return QSettings().value(recentKey).toStringList(); }

void StartPage::addRecent(const QString& path)
{
    QSettings().setValue(recentKey, withFirst(recent(), QFileInfo(path).absoluteFilePath()));
    fillRecent();
}

void StartPage::fillRecent()
{
    m_recent->clear();
    for (const QString& path : recent()) {
        const QFileInfo file(path);
        if (!file.exists())
            continue;
        m_recent->add(file.completeBaseName(), file.path(), path);
    }
}

QStringList StartPage::connections() const { return QSettings().value(connectionsKey).toStringList(); }

void StartPage::addConnection(const QString& endpoint)
{
    QSettings().setValue(connectionsKey, withFirst(connections(), endpoint));
    fillConnections();
}

void StartPage::fillConnections()
{
    m_connections->clear();
    for (const QString& endpoint : connections())
        m_connections->add(endpoint, {}, endpoint);
}

void StartPage::removeConnection()
{
    const QListWidgetItem* item = m_connections->currentItem();
    if (!item)
        return;
    QStringList left = connections();
    left.removeAll(item->text());
    QSettings().setValue(connectionsKey, left);
    fillConnections();
}

void StartPage::attach()
{
    const QString endpoint = m_endpoint->text().trimmed();
    if (!endpoint.isEmpty())
        emit attachRequested(endpoint, m_kernel->text().trimmed());
}

} // namespace pgtscope::views
