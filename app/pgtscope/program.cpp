// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/program.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <QCoreApplication>
#include <QDir>
#include <QEventLoop>
#include <QFile>
#include <QFileInfo>
#include <QRandomGenerator>
#include <QTimer>

#include "app/manual/resources.h"
#include "app/pgtscope/exercise.h"
#include "app/pgtscope/sessions.h"
#include "core/linux/events.h"
#include "core/linux/labguest.h"
#include "core/recording/recordingcopy.h"
#include "gdb/debian/guestcatalogue.h"
#include "views/window/helpmenu.h"
#include "views/window/messagebar.h"
#include "views/window/statusline.h"

namespace pgtscope::app {

using namespace std::chrono_literals;

namespace {

/// How long the window waits for a guest to be detached.
constexpr auto longestWait = 3s;

QString textOf(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

std::vector<views::GuestChoice> guestChoices()
{
    std::vector<views::GuestChoice> choices;
    for (const gdb::GuestRecipe& recipe : gdb::guestCatalogue())
        choices.push_back({textOf(recipe.name), textOf(recipe.description), textOf(recipe.pagingMode)});
    return choices;
}

/// Where a boot begins to be about page tables, by what kernels of each age have; empty if none is known. The
/// same kernel takes another way under Xen.
QString whereTablesBegin(const QString& recipe, const QStringList& events)
{
    const auto known = gdb::findRecipe(recipe.toStdString());
    const bool underXen = known && !known->hypervisorPackage.empty();
    for (const core::BootEvent& event : core::bootEvents()) {
        const bool taken = underXen || event.flavour != core::KernelFlavour::XenPv;
        if (event.tablesBegin && taken && events.contains(textOf(event.name)))
            return textOf(event.name);
    }
    return {};
}

/// A shipped recording, in reading order.
struct Reading {
    std::string_view name;
    const char* about;
};
constexpr Reading readings[]{
    {core::lab::demoRecording, "Two rules, one boot that dies of the difference"},
    {"lab-buffer-low", "The same rule with the buffer elsewhere: it boots"},
    {"lab-xen-end-rule", "The first boot again, refused by the real Xen"},
    {"lab-xen-top-rule", "The rule that replaced it, under the real Xen"},
    {"the-arc", "The history of these rules, from the invariant of 2008 to today"},
    {"debian-boot", "A whole boot of Linux 6.1, from no paging to the first process"},
    {"xen-dom0-boot", "The same kernel as Xen's dom0: it may not write its own tables"},
    {skipReadonly.name, "An experiment: one page is not made read-only"},
    {flipWritable.name, "An experiment: a table is made writable without Xen's knowledge"},
};

std::size_t placeInReadings(const QString& name)
{
    const auto found = std::find_if(std::begin(readings), std::end(readings),
        [&](const Reading& reading) { return textOf(reading.name) == name; });
    return static_cast<std::size_t>(found - std::begin(readings));
}

/// What its author called the story, and how long it takes to read.
views::ShippedRecording shippedRecording(const QFileInfo& file)
{
    constexpr std::size_t wordsAMinute = 200;
    constexpr std::size_t secondsAStation = 12;
    const QString name = file.completeBaseName();
    const std::size_t place = placeInReadings(name);
    views::ShippedRecording recording{file.absoluteFilePath(), {},
        place < std::size(readings) ? QString::fromUtf8(readings[place].about) : QString(), 0, 0,
        name == textOf(core::lab::demoRecording)};
    std::size_t words = 0;
    if (const auto timeline = core::Timeline::open(file.absoluteFilePath().toStdString()))
        if (const auto annotations = (*timeline)->annotations())
            for (const core::Annotation& annotation : *annotations) {
                if (recording.title.isEmpty() && annotation.kind == core::AnnotationKind::Chapter)
                    recording.title = QString::fromStdString(annotation.title);
                ++recording.stations;
                words += static_cast<std::size_t>(
                    std::count(annotation.text.begin(), annotation.text.end(), ' '));
            }
    if (recording.title.isEmpty())
        recording.title = name;
    recording.minutes
        = static_cast<unsigned>((words * 60 / wordsAMinute + recording.stations * secondsAStation + 59) / 60);
    return recording;
}

} // namespace

std::vector<views::ShippedRecording> shippedRecordings()
{
    std::vector<views::ShippedRecording> recordings;
    const QDir program(QCoreApplication::applicationDirPath());
    for (const char* place : {"../share/pgtscope/walkthroughs", "../../../resources/walkthroughs"}) {
        const QDir directory(program.filePath(QString::fromLatin1(place)));
        for (const QFileInfo& file :
            directory.entryInfoList({QStringLiteral("*.pgtrec")}, QDir::Files, QDir::Name))
            recordings.push_back(shippedRecording(file));
        if (!recordings.empty())
            break;
    }
    const auto place = [](const views::ShippedRecording& recording) {
        return placeInReadings(QFileInfo(recording.path).completeBaseName());
    };
    std::stable_sort(recordings.begin(), recordings.end(),
        [&](const auto& a, const auto& b) { return place(a) < place(b); });
    return recordings;
}

QString demoRecording()
{
    const auto shipped = shippedRecordings();
    for (const views::ShippedRecording& recording : shipped)
        if (QFileInfo(recording.path).completeBaseName() == textOf(core::lab::demoRecording))
            return recording.path;
    return shipped.empty() ? QString() : shipped.front().path;
}

Program::Program(QObject* parent)
    : QObject(parent)
    , m_practice(new Practice(m_window))
{
    m_window.startPage().setGuests(guestChoices());
    m_window.startPage().setShipped(shippedRecordings());
    m_window.help().setManual(
        textOf(manualWindow()) + u'\n' + textOf(manualFiles()) + u'\n' + textOf(manualFilter()));
    connect(&m_window, &views::MainWindow::launchRequested, this,
        [this](const views::LaunchWish& wish) { launch(wish, {}); });
    std::vector<views::ExerciseChoice> exercises;
    for (const core::ExerciseKind& kind : core::exerciseKinds())
        exercises.push_back({textOf(kind.name), textOf(kind.title), {}});
    for (const Exercise& shipped : shippedExercises())
        if (!shipped.file.isEmpty())
            exercises.push_back({shipped.name, shipped.title, shipped.guest});
    m_window.startPage().setExercises(exercises);
    connect(&m_window, &views::MainWindow::exerciseRequested, this,
        [this](const QString& name) { exercise(name); });
    connect(&m_window, &views::MainWindow::attachRequested, this, &Program::attach);
    connect(&m_window, &views::MainWindow::liveRequested, this, &Program::makeLive);
    connect(&m_window, &views::MainWindow::reconnectRequested, this, &Program::reconnect);
    connect(&m_window, &views::MainWindow::pageRequested, this, &Program::exportPage);
    connect(&m_window, &views::MainWindow::leaving, this, &Program::detachGuest);
    connect(&m_window, &views::MainWindow::copyRequested, this, &Program::saveCopy);
    connect(&m_window, &views::MainWindow::discardRequested, this, &Program::discard);
    connect(&m_window.startPage(), &views::StartPage::discardRequested, this, &Program::discard);
    connect(&m_window.document(), &views::Document::timelineChanged, this, &Program::removeDiscarded);
    showUnsaved();
}

Program::~Program()
{
    detachGuest();
    m_window.document().setTimeline(nullptr, false);
}

void Program::showUnsaved()
{
    const auto& timeline = m_window.document().timeline();
    const bool live = m_guest && timeline;
    m_window.startPage().setUnsaved(
        unsavedSessions(live ? QString::fromStdString(timeline->path()) : QString()));
}

void Program::discard(const QString& session)
{
    m_discarded += session;
    removeDiscarded();
    showUnsaved();
}

/// What the window shows is read from its file, and notes are written into it.
void Program::removeDiscarded()
{
    const auto& timeline = m_window.document().timeline();
    const QString shown = timeline ? QString::fromStdString(timeline->path()) : QString();
    QStringList left;
    for (const QString& session : std::exchange(m_discarded, {}))
        if (session == shown)
            left += session;
        else
            removeSession(session);
    m_discarded = left;
}

void Program::saveCopy(const QString& path)
{
    const auto& timeline = m_window.document().timeline();
    if (!timeline)
        return;
    const std::string from = timeline->path();
    // The file dialog has asked whether to replace an existing file.
    if (const auto copied = core::copyRecording(from, path.toStdString(), {core::Existing::Replace, {}, {}});
        !copied)
        return m_window.showError(QString::fromStdString(copied.error().message()));
    const bool session = QFileInfo(QString::fromStdString(from)).absolutePath()
        == QFileInfo(sessionsDirectory()).absoluteFilePath();
    if (session) {
        moveCheckpoints(QString::fromStdString(from), path);
        m_discarded += QString::fromStdString(from);
    }
    if (m_window.openRecording(path))
        m_window.messages().showNotice(tr("Saved to %1").arg(path));
    showUnsaved();
}

void Program::launch(const views::LaunchWish& wish, const QString& until)
{
    m_exercise.clear();
    LiveSource source;
    source.recipe = wish.guest;
    source.append = wish.append;
    source.everyStore = wish.everyStore;
    source.checkpoints = wish.checkpoints;
    take(source, until);
}

void Program::exercise(const QString& name, std::optional<std::uint64_t> seed)
{
    if (const core::ExerciseKind* kind = core::findExerciseKind(name.toStdString())) {
        detachGuest();
        constexpr quint32 seeds = 1'000'000; // few digits, so that they can be said aloud
        m_practice->start(*kind, seed ? *seed : QRandomGenerator::global()->bounded(seeds));
        return;
    }
    for (const Exercise& shipped : shippedExercises()) {
        if (shipped.name != name)
            continue;
        if (shipped.file.isEmpty())
            return m_window.showError(tr("The exercise %1 is not installed with this program").arg(name));
        m_exercise = shipped.file;
        LiveSource source;
        source.recipe = shipped.guest;
        source.append = shipped.append;
        source.checkpoints = true;
        return take(source, {});
    }
    m_window.showError(tr("There is no exercise %1").arg(name));
}

void Program::attach(const QString& endpoint, const QString& kernelFile)
{
    m_exercise.clear();
    take({{}, {}, endpoint, kernelFile, false}, {});
}

void Program::makeLive(const QString& recording, quint64 step)
{
    // An exercise may go on with its own guest, at an earlier step.
    const auto& timeline = m_window.document().timeline();
    if (!m_guide || !timeline || timeline->path() != recording.toStdString())
        m_exercise.clear();
    LiveSource source;
    source.recording = recording;
    source.step = step;
    take(source, {});
}

void Program::detachGuest()
{
    if (!m_guest)
        return;
    QString session;
    QString saved;
    // A session that was saved under another name needs no second file.
    if (const auto& timeline = m_window.document().timeline();
        timeline && m_window.document().live() && !m_guest->savedAs().isEmpty()) {
        m_window.startPage().addRecent(m_guest->savedAs());
        if (QFile::exists(m_guest->savedAs())) {
            saved = m_guest->savedAs();
            session = QString::fromStdString(timeline->path());
            m_discarded += session;
        }
    }
    m_window.setGuest(nullptr);
    m_window.status().showProgress(tr("Detaching from the guest"), 0, 0);
    LiveGuest* guest = m_guest.get();
    m_leaving.push_back(std::move(m_guest));
    // Its recording is complete afterwards, and the caller may want to open it; but a guest that does not
    // answer must not block the window.
    QEventLoop loop;
    connect(guest, &LiveGuest::left, &loop, &QEventLoop::quit);
    QTimer::singleShot(longestWait, &loop, &QEventLoop::quit);
    connect(
        guest, &LiveGuest::left, this,
        [this, guest] {
            std::erase_if(m_leaving, [guest](const auto& leaving) { return leaving.get() == guest; });
        },
        Qt::QueuedConnection);
    guest->leave();
    loop.exec(QEventLoop::ExcludeUserInputEvents);
    if (!saved.isEmpty())
        moveCheckpoints(session, saved);
    m_window.status().endProgress();
    showUnsaved();
}

void Program::reconnect() { take(m_source, m_until); }

void Program::exportPage(const QString& page)
{
    const QString recording = QString::fromStdString(m_window.document().timeline()->path());
    m_page = std::make_unique<PageExport>(recording, page);
    views::StatusLine& status = m_window.status();
    status.showProgress(tr("Writing the page"), 0, 0);
    connect(&status, &views::StatusLine::cancelRequested, m_page.get(), &PageExport::cancel);
    connect(m_page.get(), &PageExport::progressed, this,
        [&status](quint64 done, quint64 total) { status.showProgress(tr("Writing the page"), done, total); });
    connect(m_page.get(), &PageExport::finished, this, [this, page](const QString& message) {
        m_window.status().endProgress();
        if (message.isEmpty())
            m_window.messages().showNotice(tr("Wrote %1").arg(page));
        else
            m_window.messages().showError(message);
    });
    m_page->start();
}

void Program::take(const LiveSource& source, const QString& until)
{
    detachGuest();
    m_source = source;
    m_until = until;
    m_begun = false;
    m_guide.reset();
    m_window.messages().clear();
    m_guest = std::make_unique<LiveGuest>(source);
    connect(m_guest.get(), &LiveGuest::notice, &m_window.messages(), &views::MessageBar::showNotice);
    connect(m_guest.get(), &LiveGuest::timelineReady, this, &Program::showTimeline);
    // A new session with the same guest begins with them.
    connect(m_guest.get(), &LiveGuest::symbolsUsed, this,
        [this](const QString& kernelFile) { m_source.kernelFile = kernelFile; });
    m_window.setGuest(m_guest.get());
    m_guest->start();
}

void Program::guide()
{
    QFile file(m_exercise);
    if (m_exercise.isEmpty() || !file.open(QIODevice::ReadOnly))
        return;
    m_guide = std::make_unique<ExerciseGuide>(m_window.document(), file.readAll().toStdString());
    connect(m_guide.get(), &ExerciseGuide::failed, &m_window.messages(), &views::MessageBar::showError);
    m_guide->follow();
}

void Program::showTimeline(const std::shared_ptr<core::Timeline>& timeline)
{
    m_window.messages().clear();
    m_window.document().setTimeline(timeline, true);
    m_window.showViews();
    // Attached again, the session continues where it was.
    if (std::exchange(m_begun, true))
        return;
    guide();
    if (!m_source.recording.isEmpty())
        return;
    if (m_source.recipe.isEmpty()) {
        m_window.startPage().addConnection(m_source.endpoint);
        return;
    }
    const QString first = m_until.isEmpty() ? whereTablesBegin(m_source.recipe, m_guest->events()) : m_until;
    if (!first.isEmpty())
        m_guest->runTo(first);
}

} // namespace pgtscope::app
