// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "gdb/debian/guestfetch.h"
#include "gdb/qemu/qemulauncher.h"

namespace pgtscope::test {

/// The files of a guest, fetched into the user's cache; skips the test if they cannot be.
gdb::FetchedGuest fetched(std::string_view name);

/// A guest for the duration of a test: fetched into the user's cache, launched in a run directory of its
/// own, and ended by the destructor. Every failure fails the test that asked.
class LiveGuest {
public:
    /// `change` may alter the spec before the launch, e.g. its command line or CPU. As in every launch of the
    /// programs, a guest is stopped by the plugin where that is possible, unless `change` clears stopsPlugin.
    explicit LiveGuest(std::string_view name, const std::function<void(gdb::LaunchSpec&)>& change = {});
    ~LiveGuest();
    LiveGuest(const LiveGuest&) = delete;
    LiveGuest& operator=(const LiveGuest&) = delete;

    const gdb::RunningGuest& guest() const { return m_guest; }
    const gdb::QemuLauncher& launcher() const { return m_launcher; }
    /// One command over a monitor connection that is closed again.
    nlohmann::json qmp(
        std::string_view command, const nlohmann::json& arguments = nlohmann::json::object()) const;
    /// One line of the human monitor.
    std::string monitor(std::string_view line) const;
    /// Lets a paused guest run.
    void resume() const { qmp("cont"); }
    /// Stops it where it is.
    void pause() const { qmp("stop"); }
    /// Waits for `text` on the console of a running guest.
    void awaitConsole(std::string_view text, std::chrono::seconds most = std::chrono::seconds(240)) const;
    /// resume(), and wait until the kernel has started /init.
    void bootToUserspace() const;
    /// Ends it before the destructor does.
    void stop();

private:
    gdb::QemuLauncher m_launcher;
    gdb::RunningGuest m_guest;
    bool m_running = false;
};

} // namespace pgtscope::test
