// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/output.h"

#include "core/recording/schema.h"

namespace pgtscope::core {

namespace {

Result<void> spareRecording(const std::string& path)
{
    if (isRecording(path))
        return failure("write " + path, "it is a recording", "choose another name");
    if (const auto recording = recordingOfLog(path))
        return failure("write " + path, "it is a part of the recording " + *recording, "choose another name");
    return {};
}

} // namespace

Result<std::unique_ptr<WholeFile>> createOutput(const std::string& path, Existing existing)
{
    return spareRecording(path).and_then([&] { return WholeFile::create(path, existing); });
}

Result<void> writeOutput(
    const std::string& path, Existing existing, const std::function<Result<void>(std::ostream&)>& fill)
{
    return spareRecording(path).and_then([&] { return writeWhole(path, existing, fill); });
}

} // namespace pgtscope::core
