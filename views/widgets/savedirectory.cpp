// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/savedirectory.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>

namespace pgtscope::views {

namespace {
const QLatin1String saveDirectoryKey("window/directory");
} // namespace

QString inSaveDirectory(const QString& fileName)
{
    const QDir directory(QSettings().value(saveDirectoryKey, QDir::currentPath()).toString());
    return directory.exists() ? directory.filePath(fileName) : fileName;
}

void saveBeside(const QString& file)
{
    QSettings().setValue(saveDirectoryKey, QFileInfo(file).absolutePath());
}

} // namespace pgtscope::views
