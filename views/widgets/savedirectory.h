// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

namespace pgtscope::views {

/// Where dialogs that save begin: beside the recording that was opened last, or where it was saved since;
/// where no file can be saved there, in the place before that.
QString inSaveDirectory(const QString& fileName);
/// From now on, in the directory of that file.
void saveBeside(const QString& file);

} // namespace pgtscope::views
