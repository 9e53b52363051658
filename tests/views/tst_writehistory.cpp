// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/recording/recordingwriter.h"
#include "tests/core/bootstory.h"
#include "tests/support/temporarydirectory.h"
#include "views/model/writehistory.h"

using namespace pgtscope;
using namespace pgtscope::views;
using pgtscope::test::TemporaryDirectory;
using pgtscope::tests::BootStory;

namespace {

void append(core::RecordingWriter& writer, BootStory& story, int steps)
{
    for (; steps > 0; --steps) {
        const auto [step, snapshot] = story.next();
        REQUIRE(writer.append(step, snapshot));
    }
}

} // namespace

TEST_CASE("a growing recording that could not be read once is read when it has grown")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    WriteHistory history;
    // As while the recorder has the file to itself.
    history.restart(path, true);
    history.grow(3);
    history.finish();
    CHECK_FALSE(history.problem().isEmpty());
    CHECK(history.complete());

    BootStory story(5);
    const auto writer = core::RecordingWriter::create(path, {}).value();
    append(*writer, story, 5);
    history.grow(5);
    CHECK_FALSE(history.complete());
    history.finish();
    CHECK(history.complete());
    CHECK(history.problem().isEmpty());
    REQUIRE(history.index());
    CHECK(history.index()->steps() == 5);

    append(*writer, story, 2);
    history.grow(7);
    history.finish();
    CHECK(history.index()->steps() == 7);
}

TEST_CASE("a complete recording that cannot be read is tried once")
{
    const TemporaryDirectory directory;
    WriteHistory history;
    int tries = 0;
    QObject::connect(&history, &WriteHistory::changed, &history, [&] { ++tries; });
    history.restart(directory / "absent.pgtrec", false);
    history.grow(3);
    tries = 0;
    history.finish();
    CHECK(tries == 1);
    CHECK(history.complete());
    CHECK_FALSE(history.problem().isEmpty());
}
