// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <QProcess>
#include <QStringList>

#include "core/base/error.h"
#include "gdb/host/waitlimit.h"
#include "gdb/mi/mivalue.h"

namespace pgtscope::gdb {

/// What every gdb of ours is started with: no init files, no scripts, shared libraries or downloads by
/// itself.
std::vector<std::string> gdbStartOptions();

/// How gdb is started.
struct MiOptions {
    QString program = "gdb";
    QStringList arguments; ///< After the ones that MiClient needs itself.
    /// Signal that gdb gets when the thread that started it ends. On SIGTERM gdb detaches from its target, so
    /// that a guest runs on; on SIGKILL the guest stays as it is.
    int deathSignal = 9;
    /// Longest line that is accepted, in bytes. gdb prints memory as one line, two characters a byte.
    std::size_t maxLineBytes = 64U << 20U;
};

/// A gdb child process with its machine interface. Blocking calls pump the pipe themselves, so no event loop
/// is needed; all calls, the destructor included, belong to the thread that started the client.
class MiClient {
public:
    /// The result record of a command. gdb's own `^error`, a passed deadline, a cancel and the death of gdb
    /// arrive as an Error.
    using Callback = std::function<void(core::Result<MiRecord>)>;
    /// Sees every other record in the order in which gdb printed it.
    using Subscriber = std::function<void(const MiRecord&)>;

    /// Starts gdb without init files, auto-loaded scripts, questions, paging and downloads.
    static core::Result<std::unique_ptr<MiClient>> start(const MiOptions& options, const WaitLimit& limit);
    /// Kills gdb if it still runs. Callbacks of pending commands get an Error.
    ~MiClient();
    MiClient(const MiClient&) = delete;
    MiClient& operator=(const MiClient&) = delete;

    /// Sends one command, e.g. "-gdb-version", and waits for its result. Text that a command prints comes as
    /// stream records before that. Not to be called from a callback or subscriber.
    core::Result<MiRecord> run(std::string_view command, const WaitLimit& limit);
    /// Sends one command without waiting. The callback runs inside a later blocking call, or right here if
    /// gdb is gone. Nothing that gdb still prints for the command after its deadline is delivered.
    void submit(std::string_view command, std::chrono::milliseconds deadline, Callback callback);
    /// Waits until every submitted command has had its callback. On cancel the pending ones get an Error at
    /// once and so does the caller.
    core::Result<void> awaitAll(const core::CancelFlag* cancel = nullptr);
    /// Handles output until `done` returns true; an Error when the limit passes or gdb dies.
    core::Result<void> pumpUntil(
        const std::function<bool()>& done, const WaitLimit& limit, std::string_view tried);

    /// Time since the start that is not counted against any deadline, because the other side of gdb's
    /// connection was slow but answered. May be empty.
    void setAllowance(std::function<std::chrono::milliseconds()> allowance);
    /// Whether a command was given up because its deadline passed.
    bool timedOut() const { return m_timedOut; }

    /// Adds or, with an empty function, removes the subscriber. Returns the previous one.
    Subscriber setSubscriber(Subscriber subscriber);
    bool alive() const { return m_process.state() == QProcess::Running; }
    /// Process id of gdb; 0 when it has ended.
    std::int64_t processId() const { return m_process.processId(); }
    /// Ends gdb at once, without letting it detach from its target.
    void kill();

private:
    struct Pending {
        std::string command;
        std::chrono::steady_clock::time_point deadline;
        Callback callback;
    };

    explicit MiClient(const MiOptions& options);
    void pumpOnce(std::chrono::milliseconds most);
    void takeOutput();
    void takeLine(std::string_view line);
    void finish(std::uint64_t token, core::Result<MiRecord> result);
    void failAll(const std::string& happened, const std::string& advice);
    void expire();
    std::chrono::steady_clock::time_point countedNow() const;
    std::string deathReport() const;

    QProcess m_process;
    std::size_t m_maxLineBytes;
    std::string m_input; ///< Read and not yet split, from the begin of a line on.
    std::size_t m_searched = 0; ///< Bytes of m_input known to hold no line end.
    std::string m_complaints; ///< The last of what gdb wrote to its standard error.
    std::string m_endReason; ///< Why we ended gdb, if we did.
    std::map<std::uint64_t, Pending> m_pending;
    std::uint64_t m_nextToken = 1;
    std::function<std::chrono::milliseconds()> m_allowance;
    bool m_timedOut = false;
    Subscriber m_subscriber;
};

/// `text` as a C string in double quotes, the way MI commands take arguments.
std::string miQuoted(std::string_view text);
/// The MI command that runs one of the command line's: what it prints comes as stream records.
std::string consoleCommand(std::string_view command);

} // namespace pgtscope::gdb
