// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/momentlinks.h"

#include <QClipboard>
#include <QDockWidget>
#include <QFileInfo>
#include <QGuiApplication>

#include "views/walkthrough/walkthroughview.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"

namespace pgtscope::views {

namespace {

QDockWidget* dockOf(QWidget* view)
{
    return view ? qobject_cast<QDockWidget*>(view->parentWidget()) : nullptr;
}

} // namespace

MomentLinks::MomentLinks(MainWindow& window, DockArea& docks)
    : QObject(&window)
    , m_window(window)
    , m_docks(docks)
{
    connect(&window.action(ActionId::CopyLink), &QAction::triggered, this, &MomentLinks::copy);
    connect(&window.action(ActionId::PlaceBack), &QAction::triggered, this, &MomentLinks::back);
    connect(
        docks.published().walkthrough, &WalkthroughView::recordingRequested, this, &MomentLinks::openBeside);
}

core::MomentLink MomentLinks::shown() const
{
    core::MomentLink link;
    const Document& document = m_window.document();
    if (!document.timeline() || document.size() == 0)
        return link;
    const QFileInfo file(QString::fromStdString(document.timeline()->path()));
    link.file = file.absoluteFilePath().toStdString();
    link.step = document.step();
    if (m_window.selection().chosen()) {
        const Place& place = m_window.selection().place();
        link.frame = place.frame;
        link.entry = place.entry;
        link.address = place.linear;
    }
    if (const QDockWidget* dock = dockOf(m_docks.focusedView()))
        link.view = dock->objectName().toStdString();
    return link;
}

core::Result<void> MomentLinks::goTo(const core::MomentLink& link)
{
    Document& document = m_window.document();
    if (link.step && *link.step >= document.size())
        return core::failure("go to step " + std::to_string(*link.step),
            "the recording has steps 0 to " + std::to_string(document.size() - 1));
    QDockWidget* dock = dockOf(m_docks.view(QString::fromStdString(link.view)));
    if (!link.view.empty() && !dock)
        return core::failure("show the view '" + link.view + "'", "the window has no view of that name");
    if (link.step)
        document.goTo(*link.step);
    if (link.hasPlace())
        m_window.selection().select({link.address, link.frame, link.entry, std::nullopt});
    if (dock) {
        dock->show();
        dock->raise();
        dock->widget()->setFocus(Qt::OtherFocusReason);
    }
    return {};
}

bool MomentLinks::open(const QString& text)
{
    const auto link = core::parseMomentLink(text.toStdString());
    if (!link) {
        m_window.showError(QString::fromStdString(link.error().message()));
        return false;
    }
    if (!m_window.openAsked(QString::fromStdString(link->file)))
        return false;
    const auto gone = goTo(*link);
    if (!gone)
        m_window.showError(QString::fromStdString(gone.error().message()));
    return gone.has_value();
}

void MomentLinks::openBeside(const QString& link)
{
    const QString name = link.section(QLatin1Char('#'), 0, 0);
    if (!m_window.document().timeline())
        return;
    // A narration comes from anywhere: it opens nothing but recordings beside its own.
    if (name.contains(QLatin1Char('/')) || !name.endsWith(QLatin1String(".pgtrec"))) {
        m_window.showError(tr("The link to %1 leads to no recording beside this one").arg(name));
        return;
    }
    const QFileInfo current(QString::fromStdString(m_window.document().timeline()->path()));
    const QString from = QString::fromStdString(core::momentLinkText(shown()));
    const bool live = m_window.document().live();
    open(current.absolutePath() + QLatin1Char('/') + link);
    const std::string& to = m_window.document().timeline()->path();
    if (live || to == current.filePath().toStdString())
        return;
    m_followed.push_back({from, to});
    enable();
    m_window.messages().showNotice(tr("Alt+Left leads back to %1").arg(current.fileName()));
}

/// Whatever else was opened since, from there no link leads back.
bool MomentLinks::leadsBack() const
{
    const auto& timeline = m_window.document().timeline();
    return !m_followed.empty() && timeline && timeline->path() == m_followed.back().to;
}

void MomentLinks::enable()
{
    m_window.action(ActionId::PlaceBack).setEnabled(m_window.selection().canGoBack() || leadsBack());
}

void MomentLinks::back()
{
    if (m_window.selection().canGoBack())
        return m_window.selection().back();
    if (!leadsBack())
        return;
    const QString from = m_followed.back().from;
    m_followed.pop_back();
    open(from);
}

void MomentLinks::copy()
{
    const core::MomentLink link = shown();
    if (link.file.empty())
        return;
    const QString text = QString::fromStdString(core::momentLinkText(link));
    QGuiApplication::clipboard()->setText(text);
    m_window.messages().showNotice(tr("Copied %1").arg(text));
}

} // namespace pgtscope::views
