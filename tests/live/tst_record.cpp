// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/timeline/timeline.h"
#include "gdb/qemu/qemulauncher.h"
#include "testpaths.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace std::chrono_literals;

namespace {

/// A `pgt record` of its own run directory. Whatever becomes of it, its guest is ended with the test.
class Recorder {
public:
    explicit Recorder(std::vector<std::string> words)
    {
        words.insert(words.begin(), {pgtscope::test::pgtProgram, "record", "-o", file()});
        int ends[2] = {};
        REQUIRE(
            ::pipe2(ends, O_CLOEXEC) == 0); // the guest outlives a killed recorder, and must not hold it open
        m_process = ::fork();
        if (m_process == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::close(ends[0]);
            ::setenv("XDG_RUNTIME_DIR", m_directory.path().c_str(), 1);
            ::alarm(400);
            std::vector<char*> arguments;
            for (std::string& word : words)
                arguments.push_back(word.data());
            arguments.push_back(nullptr);
            ::execv(pgtscope::test::pgtProgram, arguments.data());
            ::_exit(127);
        }
        ::close(ends[1]);
        m_output = ends[0];
    }
    ~Recorder()
    {
        signal(SIGKILL);
        ::close(m_output);
        const gdb::QemuLauncher launcher(m_directory.path() / "pgtscope");
        if (const auto guests = launcher.listRunning())
            for (const gdb::RunningGuest& guest : *guests)
                (void)launcher.stop(guest, gdb::WaitLimit::after(10s));
    }
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    std::string file() const { return (m_directory / "boot.pgtrec").string(); }

    /// Reads announcements until there are `steps`, or the recorder has ended.
    std::size_t awaitSteps(std::size_t steps)
    {
        while (announced() < steps && readSome()) { }
        return announced();
    }
    /// Ends the recorder by a signal, reads what it still said, and returns its exit status (-1: killed).
    int signal(int number)
    {
        if (m_process <= 0)
            return -1;
        ::kill(m_process, number);
        return wait();
    }
    int wait()
    {
        while (readSome()) { }
        int status = 0;
        ::waitpid(m_process, &status, 0);
        m_process = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::size_t announced() const
    {
        std::size_t steps = 0;
        for (std::size_t at = 0; (at = m_text.find("step ", at)) != std::string::npos; at += 5)
            if ((at == 0 || m_text[at - 1] == '\n') && m_text.find('\n', at) != std::string::npos)
                ++steps;
        return steps;
    }

private:
    bool readSome()
    {
        pollfd ready{m_output, POLLIN, 0};
        if (::poll(&ready, 1, 180'000) <= 0)
            return false;
        char buffer[4096];
        const auto count = ::read(m_output, buffer, sizeof buffer);
        if (count > 0)
            m_text.append(buffer, static_cast<std::size_t>(count));
        return count > 0;
    }

    test::TemporaryDirectory m_directory;
    pid_t m_process = 0;
    int m_output = -1;
    std::string m_text;
};

void checkReadable(const std::string& file, std::size_t steps)
{
    const auto timeline = core::Timeline::open(file);
    REQUIRE(timeline);
    CHECK((*timeline)->damage().empty());
    REQUIRE((*timeline)->size() >= steps);
    for (core::StepNumber step = 0; step < steps; ++step) {
        INFO("step " << step);
        CHECK((*timeline)->step(step));
        CHECK((*timeline)->snapshot(step));
        CHECK((step == 0 || (*timeline)->changes(step)));
    }
}

} // namespace

TEST_CASE("every step that a recorder announced is there after kill -9 at a random moment")
{
    std::mt19937 random(std::random_device{}());
    for (int round = 0; round < 3; ++round) {
        Recorder recorder({"debian-cloud", "--grain", "event,pgt_buf"});
        const std::size_t wanted = 1 + random() % 12;
        INFO("killed after " << wanted << " steps");
        REQUIRE(recorder.awaitSteps(wanted) >= wanted);
        ::usleep(static_cast<useconds_t>(random() % 200'000));
        recorder.signal(SIGKILL);
        checkReadable(recorder.file(), recorder.announced());
    }
}

TEST_CASE("Ctrl-C finishes the recording")
{
    Recorder recorder({"debian-cloud"});
    REQUIRE(recorder.awaitSteps(3) >= 3);
    CHECK(recorder.signal(SIGINT) == 0);
    checkReadable(recorder.file(), recorder.announced());
    const auto timeline = core::Timeline::open(recorder.file()).value();
    CHECK(timeline->finished());
    CHECK_FALSE(std::filesystem::exists(recorder.file() + "-wal"));
}

TEST_CASE("the whole Debian boot at event and pgt_buf grain takes less than 1 MB")
{
    Recorder recorder({"debian", "--grain", "event,pgt_buf"});
    CHECK(recorder.wait() == 0);
    checkReadable(recorder.file(), recorder.announced());
    const auto timeline = core::Timeline::open(recorder.file()).value();
    CHECK(timeline->finished());
    CHECK(timeline->size() > 20);
    CHECK(timeline->symbols().value().find("init_mem_mapping"));
    const auto bytes = std::filesystem::file_size(recorder.file());
    std::printf("Debian boot: %llu steps in %llu bytes\n", static_cast<unsigned long long>(timeline->size()),
        static_cast<unsigned long long>(bytes));
    CHECK(bytes < 1'000'000);
}
