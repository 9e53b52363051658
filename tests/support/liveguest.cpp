// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "tests/support/catch/run.h"
#include "tests/support/liveguest.h"
#include "tests/support/required.h"

#include <map>
#include <unistd.h>

#include "gdb/debian/guestfetch.h"
#include "gdb/debian/initramfs.h"
#include "gdb/qmp/qmpclient.h"
#include "gdb/writes/writesplugin.h"

namespace pgtscope::test {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Tests that run side by side must not see each other's guests.
fs::path ownRunDirectory()
{
    std::string pattern = (fs::temp_directory_path() / "pgtscope-live-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    return pattern;
}

/// Asked once: a QEMU is started for the answer.
fs::path pluginFor(const std::string& emulator)
{
    static std::map<std::string, fs::path> known;
    const auto [place, fresh] = known.try_emplace(emulator);
    if (fresh)
        place->second = gdb::findWritesPlugin(emulator).value_or(fs::path());
    return place->second;
}

gdb::QmpClient monitorOf(const gdb::RunningGuest& guest)
{
    return required(gdb::QmpClient::connect(guest.qmpEndpoint(), gdb::WaitLimit::after(30s)));
}

} // namespace

gdb::FetchedGuest fetched(std::string_view name)
{
    const gdb::GuestRecipe recipe = required(gdb::findRecipe(name));
    const auto guest = gdb::fetchGuest(recipe, {});
    if (!guest && !recipe.isBuiltHere())
        tests::skipCase(guest.error().message());
    return required(guest);
}

LiveGuest::LiveGuest(std::string_view name, const std::function<void(gdb::LaunchSpec&)>& change)
    : m_launcher(ownRunDirectory())
{
    gdb::LaunchSpec spec = gdb::launchSpec(fetched(name));
    spec.stopsPlugin = "of the emulator";
    if (change)
        change(spec);
    if (!spec.stopsPlugin.empty())
        spec.stopsPlugin = gdb::maybeStoppedByPlugin(spec) ? pluginFor(spec.emulator) : fs::path();
    m_guest = required(m_launcher.launch(spec, gdb::Lifetime::EndsWithUs));
    m_running = true;
}

LiveGuest::~LiveGuest()
{
    if (m_running)
        (void)m_launcher.stop(m_guest, gdb::WaitLimit::after(30s));
    std::error_code ignored;
    fs::remove_all(m_guest.directory.parent_path(), ignored);
}

nlohmann::json LiveGuest::qmp(std::string_view command, const nlohmann::json& arguments) const
{
    return required(monitorOf(m_guest).execute(command, arguments, gdb::WaitLimit::after(60s)));
}

std::string LiveGuest::monitor(std::string_view line) const
{
    return required(monitorOf(m_guest).monitor(line, gdb::WaitLimit::after(60s)));
}

void LiveGuest::awaitConsole(std::string_view text, std::chrono::seconds most) const
{
    auto seen = gdb::waitForConsole(m_guest, text, gdb::WaitLimit::after(most));
    if (!seen)
        FAIL(seen.error().message());
}

void LiveGuest::bootToUserspace() const
{
    resume();
    awaitConsole(gdb::userspaceMessage);
}

void LiveGuest::stop()
{
    auto stopped = m_launcher.stop(m_guest, gdb::WaitLimit::after(30s));
    if (!stopped)
        FAIL(stopped.error().message());
    m_running = false;
}

} // namespace pgtscope::test
