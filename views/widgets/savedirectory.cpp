// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/savedirectory.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>

namespace pgtscope::views {

namespace {

const QLatin1String saveDirectoryKey("window/directory");

/// Of this program: another one that runs has other recordings.
QString& ownDirectory()
{
    static QString directory;
    return directory;
}

bool canHold(const QString& directory)
{
    const QFileInfo place(directory);
    return place.isDir() && place.isWritable();
}

} // namespace

QString inSaveDirectory(const QString& fileName)
{
    const QString saved = QSettings().value(saveDirectoryKey).toString();
    for (const QString& directory : {ownDirectory(), saved, QDir::homePath()})
        if (!directory.isEmpty() && canHold(directory))
            return QDir(directory).filePath(fileName);
    return QDir::current().filePath(fileName);
}

void saveBeside(const QString& file)
{
    ownDirectory() = QFileInfo(file).absolutePath();
    // Where no file can be saved, as beside a recording that was installed, is no place to begin next time.
    if (canHold(ownDirectory()))
        QSettings().setValue(saveDirectoryKey, ownDirectory());
}

} // namespace pgtscope::views
