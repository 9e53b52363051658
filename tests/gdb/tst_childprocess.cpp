// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "gdb/host/childprocess.h"
#include "gdb/host/processid.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using gdb::ChildCommand;
using gdb::endProcess;
using gdb::ProcessId;
using gdb::runChild;
using gdb::WaitLimit;
using test::TemporaryDirectory;

namespace {

ChildCommand shell(std::string script) { return {"sh", {"-c", std::move(script)}, {}, {}, {}}; }

/// A child of ours that sleeps, or ignores SIGTERM and sleeps.
pid_t sleeper(bool stubborn)
{
    pid_t pid = ::fork();
    if (pid == 0) {
        if (stubborn)
            ::signal(SIGTERM, SIG_IGN);
        ::execlp("sleep", "sleep", "600", nullptr);
        ::_exit(127);
    }
    // Until it runs another program, the new process has not decided about SIGTERM yet.
    auto limit = WaitLimit::after(30s);
    std::string name;
    while (name != "sleep" && !limit.passed())
        std::ifstream("/proc/" + std::to_string(pid) + "/comm") >> name;
    return pid;
}

} // namespace

TEST_CASE("a program's output, errors and exit status come back")
{
    auto run = runChild(shell("echo out; echo err >&2; exit 3"), WaitLimit::after(60s));
    REQUIRE(run);
    CHECK(run->output == "out\n");
    CHECK(run->errors == "err\n");
    CHECK(run->exitStatus == 3);
}

TEST_CASE("a program runs in the directory and the environment it is given, and reads nothing")
{
    TemporaryDirectory directory;
    ChildCommand command = shell("pwd -P; echo $COLOUR $LC_ALL; cat");
    command.workingDirectory = directory.path();
    command.environment = {{"COLOUR", "green"}};
    auto run = runChild(command, WaitLimit::after(60s));
    REQUIRE(run);
    CHECK(run->output == std::filesystem::canonical(directory.path()).string() + "\ngreen C.UTF-8\n");
}

TEST_CASE("more output than is kept does not stop the program")
{
    auto run = runChild(shell("head -c 20000000 /dev/zero; echo end >&2"), WaitLimit::after(60s));
    REQUIRE(run);
    CHECK(run->output.size() == 16U << 20);
    CHECK(run->errors == "end\n");
}

TEST_CASE("a program that is not there is named")
{
    auto run = runChild({"pgtscope-no-such-program", {}, {}, {}, {}}, WaitLimit::after(60s));
    REQUIRE_FALSE(run);
    CHECK(run.error().happened == "pgtscope-no-such-program is not installed");
}

TEST_CASE("a program that takes too long is killed with its children")
{
    TemporaryDirectory directory;
    std::string pidFile = (directory / "pid").string();
    ChildCommand command = shell("sleep 600 & echo $! > " + pidFile + "; wait");
    core::CancelFlag flag;
    std::optional<ProcessId> grandchild;
    command.whileRunning = [&] {
        pid_t pid = 0;
        std::ifstream(pidFile) >> pid;
        if ((grandchild = ProcessId::of(pid)))
            flag.cancel();
    };
    auto run = runChild(command, WaitLimit::after(60s, &flag));
    REQUIRE_FALSE(run);
    CHECK(run.error().happened == "cancelled");
    REQUIRE(grandchild);
    auto limit = WaitLimit::after(30s);
    while (grandchild->alive() && !limit.passed())
        std::this_thread::sleep_for(10ms);
    CHECK_FALSE(grandchild->alive());

    auto late = runChild(shell("sleep 600"), WaitLimit::after(50ms));
    REQUIRE_FALSE(late);
    CHECK(late.error().happened == "it did not end in time");
}

TEST_CASE("death by a signal is an error")
{
    auto run = runChild(shell("kill -9 $$"), WaitLimit::after(60s));
    REQUIRE_FALSE(run);
    CHECK(run.error().happened == "it was killed by a signal");
}

TEST_CASE("the last line that says something is found")
{
    CHECK(gdb::lastLine("one\ntwo\n\n \n") == "two");
    CHECK(gdb::lastLine("one") == "one");
    CHECK(gdb::lastLine(" \n").empty());
    CHECK(gdb::lastLine("").empty());
    CHECK(gdb::lastLine(std::string(1000, 'x')).size() == 300);
}

TEST_CASE("a process is told from another one with its number")
{
    auto self = ProcessId::of(::getpid());
    REQUIRE(self);
    CHECK(self->alive());
    CHECK_FALSE(ProcessId{self->pid, self->startTime + 1}.alive());
    CHECK_FALSE(ProcessId::of(0));
    CHECK_FALSE(ProcessId::of(-1));
}

TEST_CASE("a process that ended but was not waited for is not alive")
{
    pid_t pid = sleeper(false);
    auto process = ProcessId::of(pid);
    REQUIRE(process);
    CHECK(endProcess(*process, WaitLimit::after(30s)));
    CHECK_FALSE(process->alive());
    CHECK(endProcess(*process, WaitLimit::after(30s)));
    CHECK(::waitpid(pid, nullptr, 0) == pid);
}

TEST_CASE("a process that ignores the request to end is killed")
{
    pid_t pid = sleeper(true);
    auto process = ProcessId::of(pid);
    REQUIRE(process);
    CHECK(endProcess(*process, WaitLimit::after(100ms)));
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    CHECK(WTERMSIG(status) == SIGKILL);
}

TEST_CASE("a process that took over the number of a dead one is left alone")
{
    pid_t pid = sleeper(false);
    auto process = ProcessId::of(pid);
    REQUIRE(process);
    CHECK(endProcess({pid, process->startTime + 1}, WaitLimit::after(30s)));
    CHECK(process->alive());
    CHECK(endProcess(*process, WaitLimit::after(30s)));
    ::waitpid(pid, nullptr, 0);
}
