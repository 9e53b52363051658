// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <random>

#include "core/recording/recordedstate.h"
#include "core/recording/xencodec.h"
#include "core/timeline/timeline.h"
#include "tests/support/temporarydirectory.h"
#include "xenguest.h"

using namespace pgtscope::tests;
using pgtscope::test::TemporaryDirectory;

namespace {

Bytes packed(const XenDelta& delta)
{
    Packer out;
    encodeXen(delta, out);
    return out.take();
}

XenDelta unpacked(const Bytes& bytes, bool& good, std::size_t budget = 1U << 24)
{
    Unpacker in(bytes);
    XenDelta delta = decodeXen(in, budget);
    good = in.good();
    return delta;
}

} // namespace

TEST_CASE("a recording keeps what Xen tells, step by step")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "xen.pgtrec";
    std::vector<SnapshotPtr> snapshots;
    {
        auto writer = RecordingWriter::create(path, {});
        REQUIRE(writer);
        XenGuest guest;
        Guest native(PagingMode::Level4);
        const auto append = [&](const SnapshotPtr& snapshot) {
            REQUIRE((*writer)->append({}, snapshot));
            snapshots.push_back(snapshot);
        };
        append(native.capture());
        append(guest.captureWithXen());
        guest.map(0xffff888000000000, 0x20000, rwu | nx);
        guest.type(0x30, XenFrameType::L1, true, 1);
        append(guest.captureWithXen());
        guest.type(0x30, XenFrameType::Writable, false, 1);
        guest.type(0x12, XenFrameType::L1, true, 2);
        append(guest.captureWithXen());
        guest.give(0x501, 0x8, XenGuest::dom1Struct);
        append(guest.captureWithXen());
        append(native.capture());
        REQUIRE((*writer)->finish());
    }
    const auto timeline = Timeline::open(path);
    REQUIRE(timeline);
    REQUIRE((*timeline)->size() == snapshots.size());
    for (StepNumber step = snapshots.size(); step-- > 0;) {
        INFO(step);
        const auto snapshot = (*timeline)->snapshot(step);
        REQUIRE(snapshot);
        REQUIRE(((*snapshot)->xen() != nullptr) == (snapshots[step]->xen() != nullptr));
        if (snapshots[step]->xen())
            CHECK(*(*snapshot)->xen() == *snapshots[step]->xen());
        CHECK(runsText(**snapshot) == runsText(*snapshots[step]));
    }
}

TEST_CASE("a recording keeps what the lab guest's checker takes as tables, step by step")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "checker.pgtrec";
    const std::vector<CheckerTypes> reported{{}, {true, {}},
        {true, {{FrameNumber(5), XenFrameType::L4, false, 2}, {FrameNumber(9), XenFrameType::L1, true, 1}}},
        {true, {{FrameNumber(5), XenFrameType::L4, false, 2}, {FrameNumber(9), XenFrameType::L1, true, 1}}},
        {true, {{FrameNumber(9), XenFrameType::L1, true, 7}}}, {}};
    {
        auto writer = RecordingWriter::create(path, {});
        REQUIRE(writer);
        Guest guest(PagingMode::Level4);
        for (const CheckerTypes& types : reported) {
            SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
            REQUIRE(builder.captureTables({}));
            builder.setCheckerTypes(types);
            REQUIRE((*writer)->append({}, builder.finish()));
        }
        REQUIRE((*writer)->finish());
    }
    const auto timeline = Timeline::open(path);
    REQUIRE(timeline);
    for (StepNumber step = reported.size(); step-- > 0;)
        CHECK((*timeline)->snapshot(step).value()->checkerTypes() == reported[step]);
}

TEST_CASE("an old recording's epoch that Xen does not place takes its life with it")
{
    XenGuest guest;
    RecordedState state;
    StepRecord record;
    record.delta.xen = xenDelta(nullptr, guest.probe().get());
    PageTableBuffer ofMachine;
    ofMachine.trust = PgtBufTrust::Live;
    // The second one, which is live, lies where the domain has nothing.
    ofMachine.epochs = {{GuestFrame(0x20), GuestFrame(0x24), GuestFrame(0x28), false},
        {GuestFrame(0xfff00), GuestFrame(0xfff01), GuestFrame(0xfff08), false}};
    record.delta.facts[&SnapshotFacts::pgtBuf] = ofMachine;
    record.delta.pgtBufOfMachine = true;
    REQUIRE(state.apply(record, [](PageId) -> Result<TablePagePtr> { return nullptr; }));
    const PageTableBuffer& buffer = state.parts().pgtBuf;
    REQUIRE(buffer.epochs.size() == 1);
    CHECK(buffer.epochs.front().start == GuestFrame(XenGuest::firstGuestFrame + 0x20));
    CHECK(liveEpoch(buffer) == nullptr);
    CHECK(buffer.trust == PgtBufTrust::HandedBack);
}

TEST_CASE("an unchanged Xen takes no room in a step")
{
    XenGuest guest;
    const auto state = guest.probe();
    const XenDelta same = xenDelta(state.get(), state.get());
    CHECK(same.tables.empty());
    CHECK(same.gone.empty());
    CHECK_FALSE(same.extentsChanged);
    CHECK(packed(same).size() < 16);
}

TEST_CASE("what cannot be true of Xen is refused")
{
    XenGuest guest;
    guest.type(0x30, XenFrameType::L1, true, 1);
    const auto state = guest.probe();
    XenDelta delta = xenDelta(nullptr, state.get());
    REQUIRE(applyXen(nullptr, delta));
    SECTION("extents that overlap")
    {
        auto extents = delta.facts.extents.list();
        extents[1].machine = extents[0].machine;
        delta.facts.extents = XenExtents(std::move(extents));
    }
    SECTION("an extent without end")
    {
        auto extents = delta.facts.extents.list();
        extents[1].frames = ~0ULL;
        delta.facts.extents = XenExtents(std::move(extents));
    }
    SECTION("an extent of nothing")
    {
        auto extents = delta.facts.extents.list();
        extents[1].frames = 0;
        delta.facts.extents = XenExtents(std::move(extents));
    }
    SECTION("an extent beyond the end")
    {
        auto extents = delta.facts.extents.list();
        extents.back().machine = FrameNumber((1ULL << 52) + 1);
        delta.facts.extents = XenExtents(std::move(extents));
    }
    SECTION("numbers of a domain's beyond the end")
    {
        auto extents = delta.facts.extents.list();
        extents.back().guest = GuestFrame((1ULL << 52) + 1);
        delta.facts.extents = XenExtents(std::move(extents));
    }
    SECTION("tables out of order") { std::swap(delta.tables.front(), delta.tables.back()); }
    CHECK_FALSE(applyXen(nullptr, delta));
}

TEST_CASE("damaged bytes end in an error or in some state, never in a crash or in much memory")
{
    XenGuest guest;
    for (std::uint64_t frame = 0x30; frame < 0x60; ++frame)
        guest.type(frame, XenFrameType::L1, frame % 2 == 0, frame);
    const Bytes whole = packed(xenDelta(nullptr, guest.probe().get()));
    bool good = false;
    CHECK(applyXen(nullptr, unpacked(whole, good)));
    CHECK(good);
    unpacked(whole, good, 64);
    CHECK_FALSE(good);
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
        Bytes damaged = whole;
        damaged.resize(random() % (whole.size() + 1));
        for (int flips = 0; flips < 3 && !damaged.empty(); ++flips)
            damaged[random() % damaged.size()] = std::byte(random());
        const XenDelta delta = unpacked(damaged, good);
        if (good)
            (void)applyXen(nullptr, delta);
    }
}

TEST_CASE("what is not known of Xen is kept as not known, and tables that are not sorted are damage")
{
    XenState state;
    state.isolated = true;
    state.rootKnown = false;
    state.root = PhysicalAddress(0x5000);
    bool good = false;
    const auto read = applyXen(nullptr, unpacked(packed(xenDelta(nullptr, &state)), good));
    REQUIRE(read);
    CHECK(**read == state);
    CHECK(good);

    std::vector<XenTable> tables{
        {FrameNumber(5), XenFrameType::L1, true, 1}, {FrameNumber(9), XenFrameType::L4, false, 2}};
    const auto decodes = [&] {
        Packer out;
        encodeXenTables(tables, out);
        const Bytes bytes = out.take();
        Unpacker in(bytes);
        std::size_t budget = 1 << 20;
        return decodeXenTables(in, budget) == tables && in.good();
    };
    CHECK(decodes());
    std::swap(tables[0], tables[1]);
    CHECK_FALSE(decodes());
}
