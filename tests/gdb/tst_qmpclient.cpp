// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <array>
#include <functional>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "gdb/qmp/cpufeatures.h"
#include "gdb/qmp/qmpclient.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using gdb::QmpClient;
using gdb::StreamSocket;
using gdb::WaitLimit;
using nlohmann::json;

namespace {

const std::string greeting
    = R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}})"
      "\r\n";

/// The far end of a connection: a thread that plays QEMU. `answer` maps each request to the bytes it sends
/// back; without an answer (nullopt) it hangs up.
class FakeQemu {
public:
    using Answer = std::function<std::optional<std::string>(const json& request)>;

    explicit FakeQemu(std::string hello, Answer answer = {})
    {
        std::array<int, 2> ends{};
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        m_near = ends[0];
        m_far = ends[1];
        m_thread = std::thread(
            [this, hello = std::move(hello), answer = std::move(answer)] { serve(hello, answer); });
    }
    ~FakeQemu()
    {
        ::shutdown(m_far, SHUT_RDWR);
        m_thread.join();
        ::close(m_far);
    }
    core::Result<QmpClient> client(WaitLimit limit = WaitLimit::after(10s))
    {
        return QmpClient::start(*StreamSocket::adopt(m_near, "the fake QEMU"), limit);
    }

private:
    void say(const std::string& text) const { (void)!::send(m_far, text.data(), text.size(), MSG_NOSIGNAL); }
    void serve(const std::string& hello, const Answer& answer) const
    {
        say(hello);
        std::string pending;
        char byte = 0;
        while (::recv(m_far, &byte, 1, 0) == 1) {
            pending += byte;
            if (byte != '\n')
                continue;
            json request = json::parse(pending);
            pending.clear();
            auto bytes
                = isHandshake(request) ? std::optional(reply(request, json::object())) : answer(request);
            if (!bytes)
                break;
            say(*bytes);
        }
        ::shutdown(m_far, SHUT_RDWR);
    }
    static bool isHandshake(const json& request) { return request["execute"] == "qmp_capabilities"; }

public:
    static std::string reply(const json& request, json value)
    {
        return json{{"return", std::move(value)}, {"id", request["id"]}}.dump() + "\r\n";
    }

private:
    int m_near = -1;
    int m_far = -1;
    std::thread m_thread;
};

FakeQemu::Answer always(std::string bytes)
{
    return [bytes = std::move(bytes)](const json&) { return std::optional(bytes); };
}

std::string failureOf(FakeQemu& qemu, WaitLimit limit = WaitLimit::after(10s))
{
    auto client = qemu.client();
    REQUIRE(client);
    auto reply = client->execute("query-status", limit);
    REQUIRE_FALSE(reply);
    CHECK(reply.error().tried == "run the monitor command query-status");
    return reply.error().happened;
}

} // namespace

TEST_CASE("a command returns what QEMU returns")
{
    FakeQemu qemu(greeting, [](const json& request) { return FakeQemu::reply(request, request); });
    auto client = qemu.client();
    REQUIRE(client);
    CHECK(client->qemuVersion() == "7.2.22");
    auto echoed = client->execute("qom-get", {{"path", "/machine"}}, WaitLimit::after(10s));
    REQUIRE(echoed);
    CHECK((*echoed)["execute"] == "qom-get");
    CHECK((*echoed)["arguments"] == json{{"path", "/machine"}});
    CHECK_FALSE(client->execute("stop", WaitLimit::after(10s))->contains("arguments"));
}

TEST_CASE("the human monitor's text comes with plain line ends")
{
    FakeQemu qemu(greeting, [](const json& request) {
        bool right = request["arguments"] == json{{"command-line", "info mtree -f"}};
        return FakeQemu::reply(request, right ? "one\r\ntwo\r\n" : "wrong request");
    });
    CHECK(*qemu.client()->monitor("info mtree -f", WaitLimit::after(10s)) == "one\ntwo\n");
}

TEST_CASE("events between command and answer are kept, the newest 256 of them")
{
    FakeQemu qemu(greeting, [](const json& request) {
        std::string bytes;
        for (int i = 0; i < 300; ++i)
            bytes += json{{"event", "TICK"}, {"data", i}}.dump() + "\r\n";
        return bytes + FakeQemu::reply(request, 7);
    });
    auto client = qemu.client();
    CHECK(*client->execute("stop", WaitLimit::after(10s)) == 7);
    auto events = client->takeEvents();
    REQUIRE(events.size() == 256);
    CHECK(events.front()["data"] == 44);
    CHECK(events.back()["data"] == 299);
    CHECK(client->takeEvents().empty());
}

TEST_CASE("QEMU's own error is reported in its words and the connection stays usable")
{
    bool first = true;
    FakeQemu qemu(greeting, [&first](const json& request) {
        json error{{"error", {{"class", "GenericError"}, {"desc", "no such thing"}}}, {"id", request["id"]}};
        return std::exchange(first, false) ? error.dump() + "\r\n" : FakeQemu::reply(request, 1);
    });
    auto client = qemu.client();
    auto reply = client->execute("nonsense", WaitLimit::after(10s));
    REQUIRE_FALSE(reply);
    CHECK(reply.error().happened == "QEMU says: no such thing");
    CHECK(*client->execute("sense", WaitLimit::after(10s)) == 1);
}

TEST_CASE("an answer that came too late is not taken for the next one")
{
    std::string late;
    FakeQemu qemu(greeting, [&late](const json& request) {
        if (late.empty()) {
            late = FakeQemu::reply(request, "late");
            return std::string();
        }
        return late + FakeQemu::reply(request, "in time");
    });
    auto client = qemu.client();
    CHECK_FALSE(client->execute("slow", WaitLimit::after(50ms)));
    CHECK(*client->execute("quick", WaitLimit::after(10s)) == "in time");
}

TEST_CASE("a broken answer is an error that says how it is broken")
{
    SECTION("garbage")
    {
        FakeQemu qemu(greeting, always("\xff\xfe garbage\n"));
        CHECK(failureOf(qemu).starts_with("the answer is not a JSON object"));
    }
    SECTION("JSON, but not an object")
    {
        FakeQemu qemu(greeting, always("[1,2]\n"));
        CHECK(failureOf(qemu).starts_with("the answer is not a JSON object"));
    }
    SECTION("nesting without end")
    {
        FakeQemu qemu(greeting, always(std::string(200000, '[') + "\n"));
        CHECK(failureOf(qemu).starts_with("the answer is not a JSON object"));
    }
    SECTION("an object that answers nothing")
    {
        FakeQemu qemu(greeting, always("{\"return\": 1}\n"));
        CHECK(failureOf(qemu) == "the answer does not match the command");
    }
    SECTION("closed in the middle of an answer")
    {
        FakeQemu qemu(greeting, [sent = false](const json&) mutable -> std::optional<std::string> {
            return std::exchange(sent, true) ? std::nullopt : std::optional<std::string>("{\"return\": ");
        });
        auto client = qemu.client();
        REQUIRE(client);
        CHECK_FALSE(client->execute("query-status", WaitLimit::after(50ms)));
        CHECK(client->execute("query-status", WaitLimit::after(10s)).error().happened
            == "the connection was closed");
    }
    SECTION("closed at once")
    {
        FakeQemu qemu(greeting, [](const json&) { return std::nullopt; });
        CHECK(failureOf(qemu) == "the connection was closed");
    }
    SECTION("silence")
    {
        FakeQemu qemu(greeting, always(""));
        CHECK(failureOf(qemu, WaitLimit::after(50ms)) == "no answer in time");
    }
}

TEST_CASE("a flood of events does not outlast the limit")
{
    FakeQemu qemu(greeting, [](const json&) {
        std::string flood;
        for (int i = 0; i < 100000; ++i)
            flood += "{\"event\": \"TICK\"}\n";
        return flood;
    });
    CHECK(failureOf(qemu, WaitLimit::after(50ms)).ends_with("in time"));
}

TEST_CASE("something that is not QMP is recognised at the greeting")
{
    FakeQemu other("{\"hello\": \"world\"}\n");
    auto client = other.client();
    REQUIRE_FALSE(client);
    CHECK(client.error().happened == "it does not speak QMP");
    CHECK_FALSE(client.error().advice.empty());

    FakeQemu silent("");
    auto waiting = silent.client(WaitLimit::after(50ms));
    REQUIRE_FALSE(waiting);
    CHECK(waiting.error().advice.find("one at a time") != std::string::npos);
}

TEST_CASE("the CPU's features are read from its properties")
{
    json bits = 40;
    FakeQemu qemu(greeting, [&bits](const json& request) {
        if (request["execute"] == "query-cpus-fast")
            return FakeQemu::reply(request, json::array({{{"qom-path", "/cpu"}}}));
        if (request["arguments"]["path"] != "/cpu")
            return FakeQemu::reply(request, "no such object");
        const json& name = request["arguments"]["property"];
        return FakeQemu::reply(request, name == "phys-bits" ? bits : json(name == "pse36"));
    });
    auto client = qemu.client();
    auto features = gdb::cpuFeatures(*client, WaitLimit::after(10s));
    REQUIRE(features);
    CHECK(*features == core::CpuFeatures{40, true, false, true});
    for (const json& wrong : {json(0), json(53), json(-1), json("40")}) {
        bits = wrong;
        CHECK_FALSE(gdb::cpuFeatures(*client, WaitLimit::after(10s)));
    }
}
