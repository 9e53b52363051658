// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/sessions.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QLocale>
#include <QStandardPaths>

#include "core/base/numbers.h"
#include "core/timeline/timeline.h"
#include "gdb/checkpoint/livefolder.h"

namespace pgtscope::app {

namespace {
/// How many files are looked into; the directory may hold years of sessions.
constexpr qsizetype maxSessions = 30;
} // namespace

QString sessionsDirectory()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/sessions");
}

core::Result<std::string> sessionFile(const QString& guest)
{
    const QString directory = sessionsDirectory();
    if (!QDir().mkpath(directory))
        return core::failure("create " + directory.toStdString(), "the directory cannot be made");
    QString name = guest;
    for (QChar& c : name)
        if (!c.isLetterOrNumber())
            c = QLatin1Char('-');
    const QString stamp = QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-HHmmss-zzz"));
    return QStringLiteral("%1/%2-%3.pgtrec").arg(directory, name, stamp).toStdString();
}

void removeSession(const QString& session)
{
    QFile::remove(session);
    (void)gdb::forgetLive(session.toStdString());
}

void moveCheckpoints(const QString& session, const QString& file)
{
    (void)gdb::moveLive(session.toStdString(), file.toStdString());
}

std::vector<views::UnsavedSession> unsavedSessions(const QString& except)
{
    std::vector<views::UnsavedSession> sessions;
    const QFileInfoList files
        = QDir(sessionsDirectory()).entryInfoList({QStringLiteral("*.pgtrec")}, QDir::Files, QDir::Time);
    for (const QFileInfo& file : files.mid(0, maxSessions)) {
        const auto timeline = core::Timeline::open(file.absoluteFilePath().toStdString());
        if (!timeline || (*timeline)->size() < 2 || file.absoluteFilePath() == except)
            continue;
        // A file name has no room for what an endpoint is spelled with.
        const std::string guest = (*timeline)->guest().guest;
        const QString name = guest.empty() ? file.completeBaseName().section(QLatin1Char('-'), 0, -4)
                                           : QString::fromStdString(guest);
        const QString steps = QString::fromStdString(core::countText((*timeline)->size(), "step"));
        sessions.push_back({file.absoluteFilePath(), QStringLiteral("%1  \u00b7  %2").arg(name, steps),
            QLocale().toString(file.lastModified(), QLocale::ShortFormat)});
    }
    return sessions;
}

} // namespace pgtscope::app
