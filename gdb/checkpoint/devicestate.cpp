// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/checkpoint/devicestate.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>
#include <thread>

#include <fcntl.h>

#include "core/recording/compression.h"
#include "gdb/host/descriptor.h"
#include "gdb/host/files.h"
#include "gdb/qmp/qmpclient.h"

namespace pgtscope::gdb {

using namespace std::string_view_literals;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// The names that QEMU gives a descriptor that it is sent.
constexpr const char* descriptorName = "pgtscope-checkpoint";

/// Since 8.2 QEMU opens the file itself, and no longer takes a descriptor of one.
bool opensFiles(const QmpClient& monitor)
{
    char* rest = nullptr;
    const unsigned long major = std::strtoul(monitor.qemuVersion().c_str(), &rest, 10);
    const unsigned long minor = *rest == '.' ? std::strtoul(rest + 1, nullptr, 10) : 0;
    return major > 8 || (major == 8 && minor >= 2);
}

core::Result<void> askMigration(
    QmpClient& monitor, const std::string& command, const fs::path& file, int flags, const WaitLimit& limit)
{
    const json capability{{"capability", "x-ignore-shared"}, {"state", true}};
    RETURN_IF_ERROR(
        monitor.execute("migrate-set-capabilities", {{"capabilities", json::array({capability})}}, limit));
    if (opensFiles(monitor))
        return monitor.execute(command, {{"uri", "file:" + file.string()}}, limit).map([](const json&) {});
    const Descriptor opened(::open(file.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!opened.good())
        return core::failure("open " + file.string(), std::generic_category().message(errno));
    RETURN_IF_ERROR(monitor.executeWith(opened.number(), "getfd", {{"fdname", descriptorName}}, limit));
    return monitor.execute(command, {{"uri", "fd:" + std::string(descriptorName)}}, limit)
        .map([](const json&) {});
}

core::Result<void> awaitMigration(QmpClient& monitor, const std::string& tried, const WaitLimit& limit)
{
    for (;;) {
        ASSIGN_OR_RETURN(const json answer, monitor.execute("query-migrate", limit));
        const std::string status = answer.is_object() ? answer.value("status", "none") : "unknown";
        if (status == "completed")
            return {};
        if (status == "failed" || status == "cancelled")
            return core::failure(tried, "QEMU says: " + answer.value("error-desc", status));
        if (limit.passed() || limit.cancelled())
            return core::failure(tried, limit.cancelled() ? "cancelled" : "QEMU was not done in time");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

core::Result<core::Bytes> contentOf(const fs::path& file)
{
    const auto text = readWhole(file, core::maxUnpackedBytes);
    if (!text)
        return core::failure("read the state of the machine", text.error().happened);
    const core::ByteView bytes = std::as_bytes(std::span(*text));
    return core::Bytes(bytes.begin(), bytes.end());
}

/// Removes the file with the last use of it.
struct Transient {
    fs::path path;
    ~Transient()
    {
        std::error_code ignored;
        fs::remove(path, ignored);
    }
};

} // namespace

bool pauseState(std::span<std::byte> state)
{
    // A section's name, its instance and version (4 bytes each), then what vmstate_globalstate has: the
    // length of the text with its NUL, big-endian, and 100 bytes for it (migration/global_state.c, 7.2).
    constexpr std::string_view section = "globalstate"sv;
    constexpr std::size_t toLength = 8;
    constexpr std::string_view debug = "\0\0\0\6debug\0\0"sv;
    constexpr std::string_view paused = "\0\0\0\7paused\0"sv;
    static_assert(debug.size() == paused.size());
    const std::string_view text(reinterpret_cast<const char*>(state.data()), state.size());
    for (auto at = text.find(section); at != std::string_view::npos; at = text.find(section, at + 1)) {
        const std::size_t length = at + section.size() + toLength;
        if (length > text.size())
            return false;
        const std::string_view there = text.substr(length, debug.size());
        if (there == paused)
            return true;
        if (there == debug) {
            std::memcpy(state.data() + length, paused.data(), paused.size());
            return true;
        }
    }
    return false;
}

core::Result<core::Bytes> saveDeviceState(const RunningGuest& guest, const WaitLimit& limit)
{
    const std::string tried = "save the state of the machine";
    const Transient file{guest.directory / "checkpoint"};
    ASSIGN_OR_RETURN(auto monitor, QmpClient::connect(guest.qmpEndpoint(), limit));
    RETURN_IF_ERROR(askMigration(monitor, "migrate", file.path, O_RDWR | O_CREAT | O_TRUNC, limit));
    RETURN_IF_ERROR(awaitMigration(monitor, tried, limit));
    ASSIGN_OR_RETURN(auto state, contentOf(file.path));
    if (!pauseState(state))
        return core::failure(tried, "this QEMU writes it in another way than those that are known");
    return state;
}

core::Result<void> restoreDeviceState(const RunningGuest& guest, core::ByteView state, const WaitLimit& limit)
{
    const std::string tried = "restore the state of the machine";
    const Transient file{guest.directory / "incoming"};
    std::ofstream out(file.path, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(state.data()), static_cast<std::streamsize>(state.size()));
    out.close();
    if (!out)
        return core::failure(tried, "it could not be written to " + file.path.string());
    ASSIGN_OR_RETURN(auto monitor, QmpClient::connect(guest.qmpEndpoint(), limit));
    RETURN_IF_ERROR(askMigration(monitor, "migrate-incoming", file.path, O_RDONLY, limit));
    return awaitMigration(monitor, tried, limit);
}

} // namespace pgtscope::gdb
