// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/program.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include "app/pgtscope/liveguest.h"
#include "gdb/launch/guestcatalogue.h"
#include "views/window/messagebar.h"

namespace pgtscope::app {

namespace {

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
    const QString underXen = QStringLiteral("xen_setup_kernel_pagetable");
    if (recipe.startsWith(QLatin1String("xen")) && events.contains(underXen))
        return underXen;
    for (const char* event :
        {"early_alloc_pgt_buf", "find_early_table_space", "init_mem_mapping", "init_memory_mapping"})
        if (events.contains(QLatin1String(event)))
            return QLatin1String(event);
    return {};
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
            recordings.push_back({file.absoluteFilePath(),
                file.completeBaseName().replace(QLatin1Char('-'), QLatin1Char(' '))});
        if (!recordings.empty())
            break;
    }
    return recordings;
}

Program::Program(QObject* parent)
    : QObject(parent)
{
    m_window.startPage().setGuests(guestChoices());
    m_window.startPage().setShipped(shippedRecordings());
    connect(&m_window, &views::MainWindow::launchRequested, this,
        [this](const QString& guest) { launch(guest); });
    connect(&m_window, &views::MainWindow::attachRequested, this, &Program::attach);
    connect(&m_window, &views::MainWindow::leaving, this, &Program::letGo);
}

Program::~Program() { letGo(); }

void Program::launch(const QString& guest, const QString& until) { take({guest, {}, {}}, until); }

void Program::attach(const QString& endpoint, const QString& kernelFile)
{
    take({{}, endpoint, kernelFile}, {});
}

void Program::letGo()
{
    if (!m_guest)
        return;
    m_window.setGuest(nullptr);
    m_guest.reset();
    if (const auto& timeline = m_window.document().timeline(); timeline && m_window.document().live())
        m_window.startPage().addRecent(QString::fromStdString(timeline->path()));
}

void Program::take(const LiveSource& source, const QString& until)
{
    letGo();
    m_guest = std::make_unique<LiveGuest>(source);
    connect(m_guest.get(), &LiveGuest::notice, &m_window.messages(), &views::MessageBar::showNotice);
    connect(m_guest.get(), &LiveGuest::timelineReady, this,
        [this, source, until](const std::shared_ptr<core::Timeline>& timeline) {
            m_window.messages().hide();
            m_window.document().setTimeline(timeline, true);
            m_window.showViews();
            if (source.recipe.isEmpty())
                m_window.startPage().addConnection(source.endpoint);
            const QString first
                = until.isEmpty() ? whereTablesBegin(source.recipe, m_guest->events()) : until;
            if (!source.recipe.isEmpty() && !first.isEmpty())
                m_guest->runTo(first);
        });
    m_window.setGuest(m_guest.get());
    m_guest->start();
}

} // namespace pgtscope::app
