// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "gdb/net/streamsocket.h"

namespace pgtscope::gdb {

/// QEMU's machine protocol over a socket (docs/interop/qmp-spec.txt in QEMU 7.2): one JSON object a line,
/// every command answered by one object that carries its id, events in between. A server takes one client at
/// a time and leaves a second one waiting. For one thread at a time.
class QmpClient {
public:
    /// Connects and negotiates. QEMU's state is not changed.
    static core::Result<QmpClient> connect(const Endpoint& endpoint, const WaitLimit& limit);
    /// Negotiates over a socket that is connected already.
    static core::Result<QmpClient> start(StreamSocket socket, const WaitLimit& limit);

    /// Runs a command and returns what its "return" holds. An error that QEMU reports leaves the connection
    /// usable; so does a passed limit, as the late answer is recognised by its id and dropped.
    core::Result<nlohmann::json> execute(
        std::string_view command, const nlohmann::json& arguments, const WaitLimit& limit);
    core::Result<nlohmann::json> execute(std::string_view command, const WaitLimit& limit);
    /// The same, with a copy of a descriptor for QEMU, as "getfd" wants it.
    core::Result<nlohmann::json> executeWith(
        int descriptor, std::string_view command, const nlohmann::json& arguments, const WaitLimit& limit);
    /// Runs a line of the human monitor, e.g. "info mtree -f", and returns its text with "\n" line ends.
    core::Result<std::string> monitor(std::string_view line, const WaitLimit& limit);

    /// Events since the last call, oldest first; the last 256 are kept.
    std::vector<nlohmann::json> takeEvents();
    /// QEMU's version as the greeting gives it, e.g. "7.2.22".
    const std::string& qemuVersion() const { return m_qemuVersion; }

private:
    explicit QmpClient(StreamSocket socket)
        : m_socket(std::move(socket))
    {
    }
    core::Result<void> negotiate(const WaitLimit& limit);
    core::Result<nlohmann::json> execute(
        int descriptor, std::string_view command, const nlohmann::json& arguments, const WaitLimit& limit);
    core::Result<nlohmann::json> readObject(const std::string& tried, const WaitLimit& limit);
    core::Result<nlohmann::json> awaitReply(
        const std::string& tried, std::uint64_t id, const WaitLimit& limit);
    void queueEvent(nlohmann::json event);

    StreamSocket m_socket;
    std::vector<nlohmann::json> m_events;
    std::string m_qemuVersion;
    std::uint64_t m_lastId = 0;
};

} // namespace pgtscope::gdb
