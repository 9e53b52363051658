// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/timeline/entryhistory.h"
#include "gdb/capture/guestsession.h"
#include "gdb/writes/writerecorder.h"
#include "tests/support/liveguest.h"
#include "tests/support/temporarydirectory.h"

namespace pgtscope::test {

/// A guest whose every store into a page table is recorded, stopped wherever the test likes. At each stop the
/// tables under the root of the stop before are read afresh, to be compared in the end with what the recorded
/// stores make of them. Every failure fails the test.
class WritesGuest {
public:
    /// `append` are further words for the kernel's command line; `change` may alter the rest of the launch.
    explicit WritesGuest(std::string_view name, const std::string& append = {},
        const std::function<void(gdb::LaunchSpec&)>& change = {});
    ~WritesGuest();

    /// Lets the guest run to where a function of its kernel begins.
    void runTo(std::string_view function);
    /// Lets the guest run so long.
    void run(std::chrono::milliseconds time);
    /// Stops so far in a process, and not in a kernel or below it.
    std::size_t stopsInProcesses() const { return m_inProcesses; }
    struct Outcome {
        std::size_t stops = 0; ///< That were compared.
        std::size_t tables = 0; ///< At the last stop.
        std::uint64_t changes = 0;
        std::vector<core::FunctionWrites> writers;
        std::vector<std::string> differences; ///< Entries, in more than accessed and dirty flags, and tables.
    };
    /// Ends the recording and compares it.
    Outcome compare();

private:
    void stopHere();

    struct Walked {
        core::StepNumber before; ///< The last step before the stop.
        core::SnapshotPtr tables;
    };

    LiveGuest m_guest;
    TemporaryDirectory m_directory;
    core::CancelFlag m_cancel;
    std::unique_ptr<gdb::GuestSession> m_session;
    std::unique_ptr<core::RecordingWriter> m_recording;
    std::unique_ptr<gdb::WriteRecorder> m_writes;
    core::SnapshotPtr m_latest;
    std::vector<Walked> m_walked;
    std::size_t m_inProcesses = 0;
};

} // namespace pgtscope::test
