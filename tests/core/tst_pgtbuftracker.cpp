// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/linux/pgtbuftracker.h"

using namespace pgtscope::core;

namespace {

PgtBufReadings values(std::uint64_t start, std::uint64_t end, std::uint64_t top)
{
    return {PgtBufReading::of(start), PgtBufReading::of(end), PgtBufReading::of(top)};
}

/// As in kernels whose compiler dropped pgt_buf_start.
PgtBufReadings withoutStart(std::uint64_t end, std::uint64_t top)
{
    return {PgtBufReading::noSymbol(), PgtBufReading::of(end), PgtBufReading::of(top)};
}

PgtBufEpoch epoch(std::uint64_t start, std::uint64_t end, std::uint64_t top, bool recovered = false)
{
    return {GuestFrame(start), GuestFrame(end), GuestFrame(top), recovered};
}

constexpr GuestFrame gib4{0x100000};

} // namespace

TEST_CASE("v3.0: one buffer, growing, handed back, then gone")
{
    PgtBufTracker tracker(gib4);
    CHECK(tracker.buffer().trust == PgtBufTrust::Absent);
    tracker.read({PgtBufReading::notMapped(), PgtBufReading::notMapped(), PgtBufReading::notMapped()});
    CHECK(tracker.buffer().trust == PgtBufTrust::NotYet);
    tracker.read(values(0, 0, 0));
    CHECK(tracker.buffer().trust == PgtBufTrust::NotYet);
    CHECK(tracker.buffer().epochs.empty());

    tracker.read(values(0x3f000, 0x3f000, 0x3f200));
    CHECK(tracker.buffer().trust == PgtBufTrust::Live);
    for (std::uint64_t end = 0x3f001; end <= 0x3f010; ++end) {
        tracker.reached(PgtBufEffect::Tables);
        tracker.read(values(0x3f000, end, 0x3f200));
    }
    CHECK(tracker.buffer().epochs == std::vector{epoch(0x3f000, 0x3f010, 0x3f200)});

    tracker.reached(PgtBufEffect::HandedBack);
    tracker.read(values(0x3f000, 0x3f010, 0x3f200));
    CHECK(tracker.buffer().trust == PgtBufTrust::HandedBack);
    tracker.reached(PgtBufEffect::Freed);
    CHECK(tracker.buffer().trust == PgtBufTrust::Stale);
    tracker.read(values(0x1, 0x2, 0x3));
    CHECK(tracker.buffer().trust == PgtBufTrust::Stale);
    CHECK(tracker.buffer().epochs == std::vector{epoch(0x3f000, 0x3f010, 0x3f200)});
}

TEST_CASE("v3.6: each init_memory_mapping sets the buffer up anew")
{
    PgtBufTracker tracker(GuestFrame(0x180000));
    tracker.read(values(0xbf000, 0xbf000, 0xbf100));
    tracker.read(values(0xbf000, 0xbf005, 0xbf100));
    tracker.reached(PgtBufEffect::HandedBack);
    tracker.read(values(0xbee00, 0xbee00, 0xbee80));
    CHECK(tracker.buffer().trust == PgtBufTrust::Live);
    tracker.read(values(0xbee00, 0xbee03, 0xbee80));
    CHECK(tracker.buffer().epochs
        == std::vector{epoch(0xbf000, 0xbf005, 0xbf100), epoch(0xbee00, 0xbee03, 0xbee80)});
    tracker.reached(PgtBufEffect::HandedBack);
    CHECK(tracker.buffer().trust == PgtBufTrust::HandedBack);
}

TEST_CASE("v3.6 seen at every store: a mixture of two epochs is no epoch")
{
    PgtBufTracker tracker(GuestFrame(0x180000));
    tracker.read(values(0xbf000, 0xbf000, 0));
    CHECK(tracker.buffer().epochs.empty());
    tracker.read(values(0xbf000, 0xbf005, 0xbf100));
    tracker.reached(PgtBufEffect::HandedBack);
    tracker.read(values(0xbee00, 0xbf005, 0xbf100));
    CHECK(tracker.buffer().epochs.size() == 1);
    CHECK_FALSE(tracker.remark().empty());
    // pgt_buf_top is the last to be stored: until then the old one stands in.
    tracker.read(values(0xbee00, 0xbee00, 0xbf100));
    tracker.read(values(0xbee00, 0xbee00, 0xbee80));
    CHECK(tracker.buffer().epochs
        == std::vector{epoch(0xbf000, 0xbf005, 0xbf100), epoch(0xbee00, 0xbee00, 0xbee80)});
    CHECK(tracker.remark().empty());
}

TEST_CASE("an epoch that was handed back never becomes live again, whatever is read of its successor")
{
    PgtBufTracker tracker(GuestFrame(0x180000));
    tracker.read(values(0xbf000, 0xbf005, 0xbf100));
    tracker.reached(PgtBufEffect::HandedBack);
    for (const PgtBufReadings& readings : {values(0xbf000, 0xbf006, 0xbf100),
             values(0xbf000, 0xbf005, 0xbf0ff), values(0xbee00, 0xbee00, 0x180001),
             values(0xbee00, 0xbedff, 0xbee80), values(0, 0, 0), values(0xbee00, 0xbf005, 0xbf100)}) {
        tracker.read(readings);
        CHECK(tracker.buffer().trust == PgtBufTrust::HandedBack);
        CHECK(tracker.buffer().epochs == std::vector{epoch(0xbf000, 0xbf005, 0xbf100)});
        CHECK(bufferPlace(tracker.buffer(), GuestFrame(0xbf080)) == BufferPlace::HandedBack);
    }
}

TEST_CASE("a buffer that nothing was taken from may be set up again at its place")
{
    PgtBufTracker tracker(gib4);
    tracker.read(values(0x100, 0x100, 0x102));
    tracker.reached(PgtBufEffect::HandedBack);
    tracker.read(values(0x100, 0x100, 0x102));
    CHECK(tracker.buffer().trust == PgtBufTrust::HandedBack);
    tracker.read(values(0x100, 0x103, 0x110));
    CHECK(tracker.buffer().trust == PgtBufTrust::Live);
    CHECK(tracker.buffer().epochs.size() == 2);
}

TEST_CASE("6.1: the start is recovered at the return of early_alloc_pgt_buf, pages beyond come from memblock")
{
    PgtBufTracker tracker(gib4);
    tracker.read(withoutStart(0, 0));
    CHECK(tracker.buffer().trust == PgtBufTrust::NotYet);
    tracker.reached(PgtBufEffect::SetUp);
    tracker.read(withoutStart(0x4401, 0x4411));
    CHECK(tracker.buffer().epochs == std::vector{epoch(0x4401, 0x4401, 0x4411, true)});
    CHECK(tracker.remark().empty());

    tracker.reached(PgtBufEffect::Tables);
    tracker.read(withoutStart(0x4403, 0x4411));
    tracker.tablesAppeared(std::vector{GuestFrame(0x4401), GuestFrame(0x4402)});
    CHECK(tracker.buffer().beyond.empty());

    tracker.reached(PgtBufEffect::Tables);
    tracker.read(withoutStart(0x4411, 0x4411));
    tracker.tablesAppeared(std::vector{GuestFrame(0x7ffff), GuestFrame(0x7fffe), GuestFrame(0x4410)});
    CHECK(tracker.buffer().beyond == std::vector{GuestFrameRange{GuestFrame(0x7fffe), GuestFrame(0x80000)}});
    CHECK(tracker.buffer().epochs == std::vector{epoch(0x4401, 0x4411, 0x4411, true)});

    // Tables that appear while the allocator did not run are somebody else's.
    tracker.tablesAppeared(std::vector{GuestFrame(0x9000)});
    CHECK(tracker.buffer().beyond.size() == 1);
    tracker.reached(PgtBufEffect::Freed);
    CHECK(tracker.buffer().trust == PgtBufTrust::Stale);
}

TEST_CASE("who attaches late is told what is unknown")
{
    PgtBufTracker tracker(gib4);
    tracker.read(withoutStart(0x4408, 0x4411));
    CHECK(tracker.buffer().epochs == std::vector{epoch(0x4408, 0x4408, 0x4411, true)});
    CHECK(tracker.remark().find("was not seen to return") != std::string::npos);
    tracker.read(withoutStart(0x440a, 0x4411));
    CHECK(tracker.buffer().epochs == std::vector{epoch(0x4408, 0x440a, 0x4411, true)});
}

TEST_CASE("who goes on with a session knows the epochs and the recovered start of before")
{
    PgtBufTracker first(gib4);
    first.reached(PgtBufEffect::SetUp);
    first.read(withoutStart(0x4401, 0x4407));
    first.read(withoutStart(0x4403, 0x4407));
    PgtBufTracker second(gib4);
    second.goOn(first.buffer());
    second.read(withoutStart(0x4404, 0x4407));
    CHECK(second.buffer().epochs == std::vector{epoch(0x4401, 0x4404, 0x4407, true)});

    PgtBufTracker third(gib4);
    third.read(values(0x1000, 0x1010, 0x1020));
    third.read(values(0x2000, 0x2000, 0x2010));
    PgtBufTracker fourth(gib4);
    fourth.goOn(third.buffer());
    fourth.read(values(0x2000, 0x2003, 0x2010));
    CHECK(
        fourth.buffer().epochs == std::vector{epoch(0x1000, 0x1010, 0x1020), epoch(0x2000, 0x2003, 0x2010)});
}

TEST_CASE("a kernel without the variables has no buffer")
{
    PgtBufTracker tracker(gib4);
    tracker.read({});
    CHECK(tracker.buffer().trust == PgtBufTrust::Absent);
    CHECK_FALSE(tracker.remark().empty());
    tracker.reached(PgtBufEffect::Freed);
    CHECK(tracker.buffer().trust == PgtBufTrust::Absent);
}

TEST_CASE("values that make no sense are refused and the good ones kept")
{
    PgtBufTracker tracker(gib4);
    tracker.read(values(0x100, 0x110, 0x180));
    const auto good = tracker.buffer();
    const auto bad = GENERATE(values(0x200, 0x110, 0x180), values(0x100, 0x190, 0x180),
        values(0x100, 0x110, 0x7fffffffffffffff), values(~0ULL, ~0ULL, ~0ULL), values(0, 0x110, 0x180),
        values(0x100, 0x105, 0x180), values(0x100, 0x110, 0x100001));
    tracker.read(bad);
    CHECK(tracker.buffer() == good);
    CHECK_FALSE(tracker.remark().empty());
}

TEST_CASE("a guest that sets the buffer up without end does not eat memory")
{
    PgtBufTracker tracker(gib4);
    for (std::uint64_t i = 1; i < 10'000; ++i)
        tracker.read(values(i * 4, i * 4, i * 4 + 3));
    CHECK(tracker.buffer().epochs.size() <= 64);
    for (std::uint64_t i = 1; i < 10'000; ++i) {
        tracker.reached(PgtBufEffect::Tables);
        tracker.tablesAppeared(std::vector{GuestFrame(0x50000 + 2 * i)});
    }
    CHECK(tracker.buffer().beyond.size() <= 1024);
}

TEST_CASE("a hand-back that calls another one counts when it has ended itself")
{
    PgtBufTracker tracker(gib4);
    tracker.read(values(0x3f000, 0x3f010, 0x3f200));
    tracker.reached(PgtBufEffect::HandBackBegins);
    tracker.reached(PgtBufEffect::HandedBack);
    CHECK(tracker.buffer().trust == PgtBufTrust::Live);
    tracker.reached(PgtBufEffect::HandBackEnds);
    CHECK(tracker.buffer().trust == PgtBufTrust::HandedBack);
}
