// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
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

#include "tests/support/catch.h"

#include "core/timeline/timeline.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/debian/initramfs.h"
#include "gdb/qemu/qemulauncher.h"
#include "testpaths.h"
#include "tests/support/initramfs.h"
#include "tests/support/liveguest.h"
#include "tests/support/required.h"
#include "tests/support/temporarydirectory.h"
#include "tests/support/verdict.h"

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
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
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
        for (const gdb::RunningGuest& guest : guests())
            (void)launcher().stop(guest, gdb::WaitLimit::after(10s));
    }
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    std::string file() const { return (m_directory / "boot.pgtrec").string(); }
    std::vector<gdb::RunningGuest> guests() const
    {
        return launcher().listRunning().value_or(std::vector<gdb::RunningGuest>());
    }
    void send(int number) const { ::kill(m_process, number); }

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
    gdb::QemuLauncher launcher() const { return gdb::QemuLauncher(m_directory.path() / "pgtscope"); }
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

TEST_CASE("The guest of a recorder ends with it, however that ends")
{
    const auto [number, times]
        = GENERATE(table<int, int>({{SIGKILL, 1}, {SIGINT, 1}, {SIGINT, 2}, {SIGTERM, 2}, {SIGHUP, 2}}));
    INFO("signal " << number << ", " << times << " times");
    Recorder recorder({"debian-cloud"});
    REQUIRE(recorder.awaitSteps(1) >= 1);
    const auto guests = recorder.guests();
    REQUIRE(guests.size() == 1);
    CHECK(guests.front().owner);
    if (times == 2)
        recorder.send(number);
    const int status = recorder.signal(number);
    CHECK(status == (number == SIGKILL ? -1 : 0));
    const auto limit = gdb::WaitLimit::after(10s);
    while (guests.front().process.alive() && !limit.passed())
        ::usleep(10'000);
    CHECK_FALSE(guests.front().process.alive());
    CHECK(recorder.guests().empty());
    checkReadable(recorder.file(), recorder.announced());
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

TEST_CASE("the grain of pgt_buf alone keeps the console, the switch of the root and the end of the boot")
{
    Recorder recorder({"debian", "--grain", "pgt_buf", "--patience", "60"});
    CHECK(recorder.wait() == 0);
    const auto timeline = core::Timeline::open(recorder.file()).value();
    std::string console;
    std::string events;
    for (core::StepNumber number = 0; number < timeline->size(); ++number) {
        const core::Step step = timeline->step(number).value();
        console += step.console;
        events += step.event + (step.event.empty() ? "" : "\n");
    }
    CHECK(events == "early_top_pgt\ninit_top_pgt\n");
    CHECK(console.find("Linux version") != std::string::npos);
    CHECK(console.find(gdb::userspaceMessage) != std::string::npos);
    const core::Step last = timeline->step(timeline->size() - 1).value();
    CHECK(last.text.find("console: ") == 0);
    const auto end = timeline->snapshot(timeline->size() - 1).value();
    CHECK(end->pgtBuf().trust == core::PgtBufTrust::Stale);
    REQUIRE_FALSE(end->pgtBuf().epochs.empty());
    CHECK(end->pgtBuf().epochs.back().start < end->pgtBuf().epochs.back().end);
}

TEST_CASE("what a run to a place passes is taken notice of in Debian's kernel")
{
    const test::LiveGuest guest("debian", [](gdb::LaunchSpec& spec) { spec.append += " nokaslr"; });
    core::CancelFlag cancel;
    gdb::SessionOptions options;
    options.endpoint = guest.guest().gdbEndpoint();
    options.guest = guest.guest();
    const auto session = test::required(gdb::GuestSession::open(options, cancel));
    const auto stepper = test::required(gdb::BootStepper::create(*session, {}));
    const auto runTo = [&](const char* place) {
        auto stop = test::required(stepper->runTo(*session->symbols().find(place), 120s));
        REQUIRE(stop);
        return std::move(*stop);
    };
    // early_alloc_pgt_buf() has returned on the way: where the buffer begins is known, though its pages are
    // used.
    const auto built = runTo("paging_init");
    REQUIRE_FALSE(built.snapshot->pgtBuf().epochs.empty());
    const core::PgtBufEpoch buffer = built.snapshot->pgtBuf().epochs.back();
    CHECK(buffer.start < buffer.end);
    // rest_init() has been passed: the events of what follows stop the guest.
    CHECK(runTo("kernel_init").step.event == "kernel_init");
    const auto next = test::required(stepper->next(120s));
    REQUIRE(next);
    CHECK(core::findBootEvent(next->step.event)->phase == core::BootPhase::Running);
}

namespace {

/// "STEP RULE: COUNT", a line each, of all that is broken or could not be looked at.
std::string brokenOrUnseen(const core::Timeline& timeline)
{
    std::string text;
    for (core::StepNumber number = 0; number < timeline.size(); ++number) {
        if (const std::string broken = test::brokenOrUnseen(timeline.snapshot(number).value());
            !broken.empty())
            text += std::to_string(number) + ' ' + broken;
    }
    return text;
}

} // namespace

TEST_CASE("a kernel that panics ends the recording there, and the status says so")
{
    Recorder recorder({"debian", "--grain", "event", "--append", "rdinit=/none"});
    CHECK(recorder.wait() == 1);
    const auto timeline = core::Timeline::open(recorder.file()).value();
    const core::Step last = timeline->step(timeline->size() - 1).value();
    CHECK(last.cause == core::StepCause::Death);
    CHECK(last.event == "panic");
    CHECK(last.ripSymbol.starts_with("panic"));
}

TEST_CASE("a machine that its kernel switches off ends the recording there, and its last step says so")
{
    const test::TemporaryDirectory directory;
    const auto initrd = test::initramfsThatRuns("#!/bin/busybox sh\n/bin/busybox poweroff -f\n",
        test::fetched("debian").files.initrd, directory / "initrd");
    Recorder recorder({"debian", "--grain", "event", "--initrd", initrd.string()});
    CHECK(recorder.wait() == 1);
    const auto timeline = core::Timeline::open(recorder.file()).value();
    CHECK(timeline->finished());
    const core::Step last = timeline->step(timeline->size() - 1).value();
    CHECK(last.cause == core::StepCause::Death);
    CHECK(last.text.find("has shut the machine down") != std::string::npos);
    CHECK(last.text.find("triple fault") == std::string::npos);
    CHECK(last.console.find("Power down") != std::string::npos);
    CHECK(last.cpu.control.cr3 != 0);
}

TEST_CASE("a boot of another system ends with its login prompt, though its console never falls silent")
{
    const test::TemporaryDirectory directory;
    const auto initrd = test::initramfsThatRuns("#!/bin/busybox sh\necho\necho -n 'here login: '\n"
                                                "while :; do /bin/busybox sleep 1; echo again; done\n",
        test::fetched("debian").files.initrd, directory / "initrd");
    Recorder recorder({"debian", "--grain", "event", "--initrd", initrd.string()});
    CHECK(recorder.wait() == 0);
    const auto timeline = core::Timeline::open(recorder.file()).value();
    CHECK(timeline->finished());
    CHECK(timeline->step(timeline->size() - 1).value().console.find("here login: ") != std::string::npos);
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
    CHECK(brokenOrUnseen(*timeline).empty());
    for (core::StepNumber number = 0; number < timeline->size(); ++number) {
        const core::CpuState cpu = timeline->step(number).value().cpu;
        const auto code = timeline->code(number).value();
        const bool atRip = std::any_of(
            code.begin(), code.end(), [&](const core::CodeLine& line) { return line.address == cpu.rip; });
        CAPTURE(number);
        CHECK(atRip == ((cpu.control.efer & core::eferLma) != 0));
    }
    const auto bytes = std::filesystem::file_size(recorder.file());
    std::printf("Debian boot: %llu steps in %llu bytes\n", static_cast<unsigned long long>(timeline->size()),
        static_cast<unsigned long long>(bytes));
    CHECK(bytes < 1'000'000);
}
