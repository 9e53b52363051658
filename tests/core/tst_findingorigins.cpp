// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/report/historyformat.h"
#include "tests/core/bootstory.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using pgtscope::test::TemporaryDirectory;
using pgtscope::tests::BootStory;

TEST_CASE("a recording at write grain tells who wrote the entry of a finding")
{
    const TemporaryDirectory directory;
    const std::string path = (directory / "story.pgtrec").string();
    auto writer = RecordingWriter::create(path, {}).value();
    BootStory story(3);
    for (unsigned i = 0; i < 40; ++i) {
        const auto [step, snapshot] = story.next();
        REQUIRE(writer->append(step, snapshot));
    }
    std::vector<WriteStep> writes;
    for (unsigned i = 0; i < 20; ++i) {
        writes.push_back(story.nextWrite());
        writes.back().change.writer = EntryWriter{LinearAddress(0xffffffff81000000 + i), "set_pte", 8};
    }
    REQUIRE(writer->appendWrites(writes));
    REQUIRE(writer->finish());
    const auto timeline = Timeline::open(path).value();

    const PhysicalAddress entry = writes.back().change.address;
    RuleReport report;
    report.rule = "xen-ro";
    report.marks = {{FrameNumber(7), entry, FindingState::Violation}};
    report.totals.add(FindingState::Violation, Standing::Broken, 1, 1);
    FindingHistory history;
    history.note(59, std::span(&report, 1));
    const auto origins = FindingOrigins::learn(*timeline, history);
    REQUIRE(origins);
    const FindingKey key{"xen-ro", FrameNumber(7), entry};

    const FindingOrigin origin = origins->of(key, 59);
    CHECK(origin.written == 59);
    REQUIRE(origin.writer);
    CHECK(origin.writer->symbol == "set_pte");
    CHECK(originText(origin).find("written at step 59 by set_pte") != std::string::npos);
    CHECK_FALSE(origin.allocated);
    // Before that store somebody else, or nobody, had written it.
    CHECK(origins->of(key, 58).written != 59);
}
