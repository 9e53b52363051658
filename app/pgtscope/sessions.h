// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include <QString>

#include "core/base/error.h"
#include "views/start/startpage.h"

namespace pgtscope::app {

/// Every live session is a recording there from its first step. It stays until the user saves it under
/// another name or discards it.
QString sessionsDirectory();

/// A new file's name for the session's recording.
core::Result<std::string> sessionFile(const QString& guest);

/// Removes a session's recording, with its checkpoints.
void removeSession(const QString& session);

/// Those of a session belong to the file that it was saved as, which has none yet.
void moveCheckpoints(const QString& session, const QString& file);

/// The latest sessions with more than one step, the newest first, `except` left out.
std::vector<views::UnsavedSession> unsavedSessions(const QString& except);

} // namespace pgtscope::app
