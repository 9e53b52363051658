// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/recording/database.h"
#include "core/recording/recordingformat.h"

namespace pgtscope::core {

/// "PGTR" in the file's header (SQLite's application_id).
inline constexpr std::uint32_t recordingApplicationId = 0x5047'5452;
/// Of the annotations, which change on their own.
inline constexpr std::uint32_t annotationsFormat = 1;

/// Creates the tables in an empty file.
Result<void> createSchema(Database& database);

/// Whether a file is a recording of any format, by its header alone.
bool isRecording(const std::string& path);
/// The recording whose write-ahead log, or another of SQLite's files beside it, that path names; nullopt:
/// none.
std::optional<std::string> recordingOfLog(const std::string& path);
/// Checks by its header alone whether `path` is a recording that this program can read; SQLite does not
/// open it before.
Result<void> checkHeader(const std::string& path);
/// The format of an open recording.
Result<std::uint32_t> formatOf(Database& database);
/// Refuses a file with any other tables, indices, triggers or views than createSchema() makes.
Result<void> checkSchema(Database& database);

/// Opens a recording for reading in the way that suits its state. `damage` is set if parts of it are missing.
Result<std::unique_ptr<Database>> openRecording(const std::string& path, std::string& damage);
/// Opens a recording that this program is writing, to read it.
Result<std::unique_ptr<Database>> followRecording(const std::string& path);
/// Opens a recording for writing.
Result<std::unique_ptr<Database>> editRecording(const std::string& path);

} // namespace pgtscope::core
