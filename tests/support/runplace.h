// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gdb/qemu/qemulauncher.h"
#include "tests/support/liveguest.h"
#include "tests/support/temporarydirectory.h"

namespace pgtscope::test {

/// A run directory of its own for the commands of this process, and a place for their files; what runs in it
/// ends with the test.
class RunPlace {
public:
    /// Skips the test if the guest cannot be fetched.
    explicit RunPlace(std::string_view guest)
    {
        fetched(guest);
        if (const char* before = std::getenv("XDG_RUNTIME_DIR"))
            m_before = before;
        ::setenv("XDG_RUNTIME_DIR", m_directory.path().c_str(), 1);
    }
    ~RunPlace()
    {
        endGuests();
        m_before.empty() ? ::unsetenv("XDG_RUNTIME_DIR") : ::setenv("XDG_RUNTIME_DIR", m_before.c_str(), 1);
    }
    RunPlace(const RunPlace&) = delete;
    RunPlace& operator=(const RunPlace&) = delete;

    std::string file(const std::string& name) const { return (m_directory / name).string(); }
    static std::size_t running() { return gdb::QemuLauncher().listRunning().value().size(); }
    static void endGuests()
    {
        if (const auto guests = gdb::QemuLauncher().listRunning())
            for (const gdb::RunningGuest& guest : *guests)
                (void)gdb::QemuLauncher().stop(guest, gdb::WaitLimit::after(std::chrono::seconds(20)));
    }

private:
    TemporaryDirectory m_directory;
    std::string m_before;
};

} // namespace pgtscope::test
