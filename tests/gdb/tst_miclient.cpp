// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <csignal>
#include <thread>

#include "gdb/mi/miclient.h"
#include "testpaths.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace std::chrono_literals;

namespace {

/// Long enough for a loaded machine; a test that waits for it has failed already.
constexpr auto patience = 20s;

std::unique_ptr<MiClient> fakeGdb(std::size_t maxLineBytes = 1U << 20U)
{
    MiOptions options;
    options.program = pgtscope::test::fakeGdbProgram;
    options.maxLineBytes = maxLineBytes;
    auto client = MiClient::start(options, WaitLimit::after(patience));
    REQUIRE(client);
    return std::move(*client);
}

std::string failureOf(const core::Result<MiRecord>& result)
{
    REQUIRE_FALSE(result);
    return result.error().happened;
}

} // namespace

TEST_CASE("A command gets the result that carries its token")
{
    auto client = fakeGdb();
    auto result = client->run("hello", WaitLimit::after(patience));
    REQUIRE(result);
    CHECK(result->results.textOf("command") == "hello");
}

TEST_CASE("Pipelined commands each get their own result, in order")
{
    auto client = fakeGdb();
    std::vector<std::string> seen;
    for (int number = 0; number < 500; ++number)
        client->submit("c" + std::to_string(number), patience, [&](core::Result<MiRecord> r) {
            seen.emplace_back(r ? r->results.textOf("command") : "failed");
        });
    REQUIRE(client->awaitAll());
    REQUIRE(seen.size() == 500);
    CHECK(seen[0] == "c0");
    CHECK(seen[499] == "c499");
}

TEST_CASE("An error that gdb reports is an Error in gdb's words")
{
    CHECK(failureOf(fakeGdb()->run("error", WaitLimit::after(patience))) == "No symbol \"x\".");
}

TEST_CASE("Async and stream records go to the subscriber in order")
{
    auto client = fakeGdb();
    std::vector<MiRecord> seen;
    client->setSubscriber([&](const MiRecord& record) { seen.push_back(record); });
    REQUIRE(client->run("async", WaitLimit::after(patience)));
    REQUIRE(client->run("sync", WaitLimit::after(patience)));
    REQUIRE(seen.size() == 4);
    CHECK(seen[0].name == "running");
    CHECK(seen[1].text == "out\n");
    CHECK(seen[2].kind == MiRecord::Kind::Notify);
    CHECK(seen[3].text == "after");
}

TEST_CASE("Lines that are no records, and results that nobody waits for, are skipped")
{
    auto result = fakeGdb()->run("garbage", WaitLimit::after(patience));
    REQUIRE(result);
    CHECK(result->results.textOf("real") == "1");
}

TEST_CASE("A command that is not answered fails at its deadline")
{
    CHECK(failureOf(fakeGdb()->run("hang", WaitLimit::after(50ms))) == "no answer in time");
}

TEST_CASE("A line that does not end is no answer")
{
    CHECK(failureOf(fakeGdb()->run("half", WaitLimit::after(100ms))) == "no answer in time");
}

TEST_CASE("A flood of output does not hold a deadline up")
{
    CHECK(failureOf(fakeGdb()->run("flood", WaitLimit::after(100ms))) == "no answer in time");
}

TEST_CASE("Time that the stub needs for its answers is not counted against a deadline")
{
    auto client = fakeGdb();
    const auto begin = std::chrono::steady_clock::now();
    const auto since = [begin] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - begin);
    };
    // A stub that answers all the time for the first second, and then no more.
    client->setAllowance([since] { return std::min<std::chrono::milliseconds>(since(), 1000ms); });
    CHECK_FALSE(client->timedOut());
    CHECK(failureOf(client->run("hang", WaitLimit::after(50ms))) == "no answer in time");
    CHECK(since() >= 1050ms);
    CHECK(client->timedOut());
}

TEST_CASE("An answer that comes after its deadline is ignored")
{
    auto client = fakeGdb();
    CHECK(failureOf(client->run("late", WaitLimit::after(20ms))) == "no answer in time");
    auto next = client->run("next", WaitLimit::after(patience));
    REQUIRE(next);
    CHECK(next->results.textOf("command") == "next");
}

TEST_CASE("A cancel ends the wait")
{
    auto client = fakeGdb();
    core::CancelFlag cancel;
    std::thread user([&] {
        std::this_thread::sleep_for(50ms);
        cancel.cancel();
    });
    const auto result = client->run("hang", WaitLimit::after(patience, &cancel));
    user.join();
    CHECK(failureOf(result) == "cancelled");
}

TEST_CASE("When gdb dies every pending command gets an Error, and so does each later one")
{
    auto client = fakeGdb();
    std::vector<std::string> failures;
    for (const char* command : {"crash", "one", "two"})
        client->submit(
            command, patience, [&](core::Result<MiRecord> r) { failures.push_back(failureOf(r)); });
    CHECK(client->awaitAll());
    REQUIRE(failures.size() == 3);
    CHECK(failures[2].find("signal 9") != std::string::npos);
    CHECK_FALSE(client->alive());
    CHECK(failureOf(client->run("more", WaitLimit::after(patience))).find("signal 9") != std::string::npos);
}

TEST_CASE("The report of gdb's end has its status and its last words")
{
    CHECK(failureOf(fakeGdb()->run("exit", WaitLimit::after(patience))) == "gdb ended with status 3");
    CHECK(failureOf(fakeGdb()->run("complain", WaitLimit::after(patience))).find("no more memory")
        != std::string::npos);
}

TEST_CASE("A gdb killed from outside is noticed")
{
    auto client = fakeGdb();
    REQUIRE(client->processId() > 0);
    ::kill(static_cast<pid_t>(client->processId()), SIGKILL);
    CHECK(failureOf(client->run("hello", WaitLimit::after(patience))).find("signal 9") != std::string::npos);
}

TEST_CASE("A line longer than the bound ends gdb")
{
    CHECK(
        failureOf(fakeGdb(1U << 20U)->run("endless", WaitLimit::after(patience))).find("longer than 1048576")
        != std::string::npos);
}

TEST_CASE("A command with a line end is refused, so that data cannot become commands")
{
    CHECK(failureOf(fakeGdb()->run("a\n-gdb-exit", WaitLimit::after(patience))) == "a command is one line");
}

TEST_CASE("A program that does not exist is an Error that says what to install")
{
    MiOptions options;
    options.program = "/nonexistent/gdb";
    auto client = MiClient::start(options, WaitLimit::after(patience));
    REQUIRE_FALSE(client);
    CHECK(client.error().advice.find("gdb") != std::string::npos);
}

TEST_CASE("The client works in a thread without an event loop")
{
    std::string command;
    std::thread worker([&] {
        MiOptions options;
        options.program = pgtscope::test::fakeGdbProgram;
        auto client = MiClient::start(options, WaitLimit::after(patience));
        auto result = client ? (*client)->run("there", WaitLimit::after(patience)) : core::failure("", "");
        command = result ? result->results.textOf("command") : "failed";
    });
    worker.join();
    CHECK(command == "there");
}

TEST_CASE("The real gdb starts and answers")
{
    auto client = MiClient::start({}, WaitLimit::after(patience));
    REQUIRE(client);
    auto result = (*client)->run("-data-evaluate-expression 6*7", WaitLimit::after(patience));
    REQUIRE(result);
    CHECK(result->results.numberOf("value") == 42U);
}
