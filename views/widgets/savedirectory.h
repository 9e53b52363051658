// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

namespace pgtscope::views {

/// Where dialogs that save begin: beside the recording that was opened last, or where a file was saved since.
QString inSaveDirectory(const QString& fileName);
/// From now on, in the directory of that file.
void saveBeside(const QString& file);

} // namespace pgtscope::views
