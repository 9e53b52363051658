// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/sessionfiles.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QPushButton>

#include "views/model/document.h"
#include "views/model/guestcontroller.h"
#include "views/widgets/savedirectory.h"
#include "views/widgets/viewtext.h"
#include "views/window/actionset.h"

namespace pgtscope::views {

SessionFiles::SessionFiles(ActionSet& actions, Document& document, GuestLink& live, QWidget& window)
    : QObject(&window)
    , m_document(document)
    , m_live(live)
    , m_window(window)
{
    actions.on(ActionId::Open, this, &SessionFiles::browse);
    actions.on(ActionId::Record, this, &SessionFiles::saveShown);
    actions.on(ActionId::ExportPage, this, &SessionFiles::exportPage);
}

/// Beside the recording; a live session's own file is where no one looks for files.
QString SessionFiles::suggestedName(const QString& suffix) const
{
    const QFileInfo shown(
        m_document.timeline() ? QString::fromStdString(m_document.timeline()->path()) : QString());
    QString base = m_live.guest() ? m_live.guest()->guestName() : shown.completeBaseName();
    base.replace(QLatin1Char('/'), QLatin1Char('-'));
    return inSaveDirectory(base + suffix);
}

void SessionFiles::browse()
{
    const QString path = QFileDialog::getOpenFileName(&m_window, tr("Open a recording"),
        QFileInfo(suggestedName({})).path(), tr("Recordings (*.pgtrec);;All files (*)"));
    if (!path.isEmpty())
        emit openRequested(path);
}

bool SessionFiles::save()
{
    if (m_document.size() == 0)
        return false;
    // A copy of a recording cannot have its name.
    const QString suffix = m_live.guest() ? QStringLiteral(".pgtrec") : QStringLiteral("-copy.pgtrec");
    const QString path = QFileDialog::getSaveFileName(
        &m_window, tr("Save the recording"), suggestedName(suffix), tr("Recordings (*.pgtrec)"));
    if (path.isEmpty())
        return false;
    saveBeside(path);
    if (m_live.guest())
        m_live.guest()->recordTo(path);
    else
        emit copyRequested(path);
    return true;
}

void SessionFiles::exportPage()
{
    if (m_document.size() == 0)
        return;
    const QString path = QFileDialog::getSaveFileName(&m_window, tr("Export a page for a browser"),
        suggestedName(QStringLiteral(".html")), tr("Web pages (*.html)"));
    if (!path.isEmpty())
        emit pageRequested(path);
}

bool SessionFiles::hasUnsaved() const
{
    const GuestController* guest = m_live.guest();
    return m_asks && guest && m_document.live() && m_document.size() >= 2 && guest->savedAs().isEmpty();
}

/// The session is a file of its own all the time: the question is only what becomes of that file.
SessionFiles::Answer SessionFiles::askKeep(bool offerSave)
{
    const GuestController& guest = *m_live.guest();
    QMessageBox ask(QMessageBox::Question, tr("Keep the session?"),
        tr("The session with %1 has %2 that were not saved under a name.")
            .arg(guest.guestName(), countOf(m_document.size(), "step")),
        QMessageBox::Cancel, &m_window);
    ask.setObjectName(QStringLiteral("askKeep"));
    ask.setInformativeText((guest.isLaunched() ? tr("The guest ends with the session. ") : QString())
        + tr("Sessions that are kept are listed on the start page."));
    const QAbstractButton* save
        = offerSave ? ask.addButton(tr("&Save as\u2026"), QMessageBox::AcceptRole) : nullptr;
    auto* keep = ask.addButton(tr("&Keep unsaved"), QMessageBox::AcceptRole);
    const auto* discard = ask.addButton(tr("&Discard the steps"), QMessageBox::DestructiveRole);
    ask.setDefaultButton(keep);
    ask.exec();
    if (ask.clickedButton() == discard)
        emit discardRequested(QString::fromStdString(m_document.timeline()->path()));
    if (ask.clickedButton() == keep || ask.clickedButton() == discard)
        return Answer::Go;
    return save && ask.clickedButton() == save ? Answer::Save : Answer::Stay;
}

bool SessionFiles::mayClose()
{
    if (!hasUnsaved())
        return true;
    const Answer answer = askKeep(true);
    if (answer == Answer::Save)
        saveAndClose();
    return answer == Answer::Go;
}

bool SessionFiles::mayLeave() { return !hasUnsaved() || askKeep(false) == Answer::Go; }

/// The guest's thread writes the copy; until it is there the window stays.
void SessionFiles::saveAndClose()
{
    if (save() && m_live.guest())
        connect(m_live.guest(), &GuestController::saved, &m_window, &QWidget::close,
            static_cast<Qt::ConnectionType>(Qt::QueuedConnection | Qt::SingleShotConnection));
}

} // namespace pgtscope::views
