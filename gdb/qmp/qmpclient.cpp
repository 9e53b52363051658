// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qmp/qmpclient.h"

#include <algorithm>
#include <utility>

#include "core/base/json.h"

namespace pgtscope::gdb {

namespace {

using nlohmann::json;

/// `info tlb` of a guest with a million mappings is one line of some 60 MB.
constexpr std::size_t longestLine = 256U << 20;
constexpr std::size_t keptEvents = 256;

std::string stringAt(const json& object, const char* key)
{
    auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string versionText(const json& greeting)
{
    std::string text;
    for (const char* part : {"major", "minor", "micro"}) {
        auto number = json::json_pointer("/version/qemu") / part;
        if (!greeting.contains(number) || !greeting[number].is_number_unsigned())
            return "unknown";
        text += (text.empty() ? "" : ".") + std::to_string(greeting[number].get<std::uint64_t>());
    }
    return text;
}

} // namespace

core::Result<QmpClient> QmpClient::connect(const Endpoint& endpoint, const WaitLimit& limit)
{
    ASSIGN_OR_RETURN(auto socket, StreamSocket::connect(endpoint, limit));
    return start(std::move(socket), limit);
}

core::Result<QmpClient> QmpClient::start(StreamSocket socket, const WaitLimit& limit)
{
    QmpClient client(std::move(socket));
    RETURN_IF_ERROR(client.negotiate(limit));
    return client;
}

core::Result<void> QmpClient::negotiate(const WaitLimit& limit)
{
    std::string tried = "connect to QEMU's monitor at " + m_socket.peer();
    auto greeting = readObject(tried, limit);
    if (!greeting) {
        core::Error error = greeting.error();
        if (limit.passed())
            error.advice = "close other programs that use this monitor: it serves one at a time";
        return tl::unexpected(std::move(error));
    }
    auto hello = greeting->find("QMP");
    if (hello == greeting->end() || !hello->is_object())
        return core::failure(tried, "it does not speak QMP", "give the socket of QEMU's -qmp option");
    m_qemuVersion = versionText(*hello);
    return execute("qmp_capabilities", limit).map([](const json&) {});
}

core::Result<json> QmpClient::readObject(const std::string& tried, const WaitLimit& limit)
{
    auto line = m_socket.readLine(limit, longestLine);
    if (!line)
        return core::failure(tried, line.error().happened, line.error().advice);
    json object = json::parse(*line, nullptr, false);
    if (!object.is_object())
        return core::failure(tried, "the answer is not a JSON object: " + line->substr(0, 80));
    return object;
}

/// `descriptor` goes with the command; -1: none does.
core::Result<json> QmpClient::execute(
    int descriptor, std::string_view command, const json& arguments, const WaitLimit& limit)
{
    std::string tried = "run the monitor command " + std::string(command);
    std::uint64_t id = ++m_lastId;
    json request{{"execute", command}, {"id", id}};
    if (arguments.is_object() && !arguments.empty())
        request["arguments"] = arguments;
    std::string line = core::jsonLine(request) + "\n";
    const auto written = descriptor < 0 ? m_socket.writeAll(line, limit)
                                        : m_socket.writeWithDescriptor(line, descriptor, limit);
    if (!written)
        return core::failure(tried, written.error().happened, written.error().advice);
    return awaitReply(tried, id, limit);
}

core::Result<json> QmpClient::execute(std::string_view command, const json& arguments, const WaitLimit& limit)
{
    return execute(-1, command, arguments, limit);
}

core::Result<json> QmpClient::executeWith(
    int descriptor, std::string_view command, const json& arguments, const WaitLimit& limit)
{
    return execute(descriptor, command, arguments, limit);
}

core::Result<json> QmpClient::execute(std::string_view command, const WaitLimit& limit)
{
    return execute(command, json::object(), limit);
}

core::Result<json> QmpClient::awaitReply(const std::string& tried, std::uint64_t id, const WaitLimit& limit)
{
    while (true) {
        // A server that floods us with events never lets a read wait, so the limit is looked at here too.
        if (limit.passed() || limit.cancelled())
            return core::failure(tried, limit.cancelled() ? "cancelled" : "no answer in time");
        auto object = readObject(tried, limit);
        if (!object)
            return object;
        if (object->contains("event")) {
            queueEvent(std::move(*object));
            continue;
        }
        auto replyId = object->find("id");
        if (replyId != object->end() && *replyId != id)
            continue;
        if (auto error = object->find("error"); error != object->end() && error->is_object())
            return core::failure(tried, "QEMU says: " + stringAt(*error, "desc"));
        auto value = object->find("return");
        if (value == object->end() || replyId == object->end())
            return core::failure(tried, "the answer does not match the command");
        return std::move(*value);
    }
}

core::Result<std::string> QmpClient::monitor(std::string_view line, const WaitLimit& limit)
{
    ASSIGN_OR_RETURN(auto reply, execute("human-monitor-command", {{"command-line", line}}, limit));
    if (!reply.is_string())
        return core::failure("run \"" + std::string(line) + "\" in QEMU's monitor", "the answer is not text");
    std::string text = std::move(reply.get_ref<std::string&>());
    std::erase(text, '\r');
    return text;
}

std::vector<json> QmpClient::takeEvents() { return std::exchange(m_events, {}); }

void QmpClient::queueEvent(json event)
{
    if (m_events.size() == keptEvents)
        m_events.erase(m_events.begin());
    m_events.push_back(std::move(event));
}

} // namespace pgtscope::gdb
