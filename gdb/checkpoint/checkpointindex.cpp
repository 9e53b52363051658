// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/checkpoint/checkpointindex.h"

#include <array>
#include <filesystem>
#include <system_error>

#include <unistd.h>

#include <QCryptographicHash>
#include <QMessageAuthenticationCode>

#include "core/base/json.h"
#include "core/base/wholefile.h"
#include "gdb/debian/guestcache.h"
#include "gdb/host/files.h"

namespace pgtscope::gdb {

using nlohmann::json;

namespace {

constexpr unsigned indexFormat = 1;
constexpr std::size_t maxCheckpoints = 4096;
constexpr std::size_t keyBytes = 32;

QByteArray bytesOf(std::string_view text) { return {text.data(), static_cast<qsizetype>(text.size())}; }

std::string seal(std::string_view text, std::string_view key)
{
    return QMessageAuthenticationCode::hash(bytesOf(text), bytesOf(key), QCryptographicHash::Sha256)
        .toHex()
        .toStdString();
}

json partJson(const StoredPart& part) { return {{"chunk", part.chunk}, {"bytes", part.bytes}}; }

/// Throws json::exception.
StoredPart partFrom(const json& part)
{
    return {part.at("chunk").get<std::string>(), part.at("bytes").get<std::uint64_t>()};
}

/// Throws json::exception.
CheckpointIndex checkpointsFrom(const json& record)
{
    CheckpointIndex index;
    record.at("recording").get_to(index.recording);
    for (const json& one : record.at("checkpoints"))
        index.checkpoints.push_back({one.at("step").get<core::StepNumber>(), partFrom(one.at("device")),
            partFrom(one.at("pages")), one.at("boot")});
    return index;
}

bool ascending(const CheckpointIndex& index)
{
    for (std::size_t i = 1; i < index.checkpoints.size(); ++i)
        if (index.checkpoints[i].step <= index.checkpoints[i - 1].step)
            return false;
    return index.checkpoints.size() <= maxCheckpoints;
}

} // namespace

const Checkpoint* CheckpointIndex::nearest(core::StepNumber step) const
{
    const Checkpoint* found = nullptr;
    for (const Checkpoint& one : checkpoints)
        if (one.step <= step)
            found = &one;
    return found;
}

std::string recordingId(const core::GuestDescription& guest)
{
    const std::string text
        = guest.started + '\n' + guest.guest + '\n' + guest.granularity + '\n' + guest.recipe;
    return QCryptographicHash::hash(bytesOf(text), QCryptographicHash::Sha256).toHex().toStdString();
}

std::string indexText(const CheckpointIndex& index, std::string_view key)
{
    json checkpoints = json::array();
    for (const Checkpoint& one : index.checkpoints)
        checkpoints.push_back({{"step", one.step}, {"device", partJson(one.device)},
            {"pages", partJson(one.pages)}, {"boot", one.boot}});
    const std::string text = core::jsonLine(
        {{"format", indexFormat}, {"recording", index.recording}, {"checkpoints", checkpoints}});
    return seal(text, key) + '\n' + text + '\n';
}

core::Result<CheckpointIndex> indexFrom(std::string_view text, std::string_view key)
{
    const std::string reading = "read the recording's checkpoints";
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !text.ends_with('\n'))
        return core::failure(reading, "their index is damaged");
    const std::string_view content = text.substr(end + 1, text.size() - end - 2);
    // Before anything in it is believed.
    if (text.substr(0, end) != seal(content, key))
        return core::failure(reading,
            "they were made by another user or on another machine, or are damaged; QEMU gets no state of a "
            "machine that this user did not save");
    try {
        const json record = json::parse(content, nullptr, false);
        auto index = checkpointsFrom(record);
        if (record.at("format") == indexFormat && ascending(index))
            return index;
    } catch (const json::exception&) {
        // Missing or of another type: as any other damage.
    }
    return core::failure(reading, "their index is damaged");
}

core::Result<std::string> checkpointKey()
{
    namespace fs = std::filesystem;
    const fs::path file = defaultCacheDirectory() / "checkpoint-key";
    if (std::string key = readStart(file); key.size() == keyBytes)
        return key;
    std::string key(keyBytes, '\0');
    if (::getentropy(key.data(), key.size()) != 0)
        return core::failure("make a key for checkpoints", std::generic_category().message(errno));
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    RETURN_IF_ERROR(core::writeWhole(file, core::Existing::Replace, key, core::NewFileMode::Private));
    return key;
}

} // namespace pgtscope::gdb
