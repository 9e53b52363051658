// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "core/recording/recording.h"
#include "tests/core/bootstory.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using pgtscope::test::TemporaryDirectory;
using pgtscope::tests::BootStory;
using pgtscope::tests::difference;

namespace {

constexpr unsigned stops = 120;
constexpr unsigned stores = 2000;

/// What the child records: stops first, then single stores in batches, then the end.
[[noreturn]] void recordAndAnnounce(const std::string& path, unsigned seed, int announce)
{
    ::alarm(60);
    auto writer = RecordingWriter::create(path, {});
    if (!writer)
        ::_exit(2);
    const auto report = [&] {
        const std::uint32_t size = static_cast<std::uint32_t>((*writer)->size());
        if (::write(announce, &size, sizeof size) != sizeof size)
            ::_exit(3);
    };
    BootStory story(seed);
    for (unsigned i = 0; i < stops; ++i) {
        const auto [step, snapshot] = story.next();
        if (!(*writer)->append(step, snapshot))
            ::_exit(4);
        report();
    }
    for (unsigned i = 0; i < stores;) {
        std::vector<WriteStep> writes;
        for (unsigned j = 0; j < 1 + i % 7; ++j)
            writes.push_back(story.nextWrite());
        i += static_cast<unsigned>(writes.size());
        if (!(*writer)->appendWrites(writes))
            ::_exit(5);
        report();
    }
    ::_exit((*writer)->finish() ? 0 : 6);
}

/// Kills the child a moment after it has announced `target` steps. Returns how many it announced in all.
unsigned recordUntilKilled(
    const std::string& path, unsigned seed, unsigned target, std::chrono::microseconds after)
{
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
        recordAndAnnounce(path, seed, ends[1]);
    ::close(ends[1]);
    std::uint32_t announced = 0;
    while (announced < target && ::read(ends[0], &announced, sizeof announced) == sizeof announced) { }
    std::this_thread::sleep_for(after);
    ::kill(child, SIGKILL);
    while (::read(ends[0], &announced, sizeof announced) == sizeof announced) { }
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    INFO("wait status " << status << ", announced " << announced << " of " << target);
    CHECK(((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        || (WIFEXITED(status) && WEXITSTATUS(status) == 0)));
    CHECK(announced >= target);
    return announced;
}

void checkAgainstStory(Recording& recording, unsigned seed)
{
    BootStory story(seed);
    for (StepNumber n = 0; n < recording.size(); ++n) {
        const auto step = recording.step(n);
        const auto snapshot = recording.snapshot(n);
        REQUIRE(step);
        REQUIRE(snapshot);
        if (n < stops) {
            const auto [expected, tables] = story.next();
            CHECK(step->text == expected.text);
            CHECK(difference(*tables, **snapshot) == "");
        } else {
            const WriteStep expected = story.nextWrite();
            const auto changes = recording.changes(n);
            REQUIRE(changes);
            REQUIRE(changes->entries.size() <= 1);
            if (!changes->entries.empty())
                CHECK(changes->entries[0].writer == expected.change.writer);
            CHECK(step->cpu == expected.step.cpu);
        }
    }
}

} // namespace

TEST_CASE("Every announced step survives the recorder being killed")
{
    std::mt19937 random(20121);
    unsigned inStops = 0;
    unsigned inStores = 0;
    for (unsigned round = 0; round < 24; ++round) {
        const TemporaryDirectory directory;
        const std::string path = directory / "a.pgtrec";
        // By steps, not by the clock, so that slow machines kill recorders in every phase too.
        const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
        const unsigned target = round % 2 == 0 ? 1 + below(stops / 2) : stops + 1 + below(stores - 100);
        const auto after = std::chrono::microseconds(below(3'000));
        const unsigned announced = recordUntilKilled(path, round, target, after);
        (announced <= stops ? inStops : inStores) += 1;

        auto recording = Recording::open(path);
        REQUIRE(recording);
        INFO("round " << round << ", " << announced << " steps announced");
        CHECK((*recording)->damage().empty());
        CHECK((*recording)->size() >= announced);
        checkAgainstStory(**recording, round);
        recording->reset();

        // Folding makes one file of what was left behind, and loses nothing.
        CHECK(foldRecording(path));
        CHECK_FALSE(std::filesystem::exists(path + "-wal"));
        auto folded = Recording::open(path);
        REQUIRE(folded);
        CHECK((*folded)->size() >= announced);
        CHECK((*folded)->snapshot((*folded)->size() - 1));
    }
    CHECK(inStops > 0);
    CHECK(inStores > 0);
}
