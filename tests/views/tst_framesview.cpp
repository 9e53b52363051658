// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <tuple>

#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>

#include "tests/views/bufferstory.h"
#include "views/frames/framelooks.h"
#include "views/frames/framemap.h"
#include "views/frames/framesview.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

TintedCell cellOf(const TintedContent& content, std::uint64_t frame)
{
    return frameCells(content, FrameNumber(frame), 0, 1).front();
}

} // namespace

TEST_CASE("each frame looks as its role")
{
    ViewFixture f;
    f.document.goTo(10);
    const TintedContent content = frameContent(*f.document.state(), {});
    CHECK(cellOf(content, 0x0).look == FrameLook::Free);
    CHECK(cellOf(content, 0x1000).look == FrameLook::KernelText);
    CHECK(cellOf(content, 0x1600).look == FrameLook::KernelRodata);
    CHECK(cellOf(content, 0x1a00).look == FrameLook::KernelData);
    CHECK(cellOf(content, 0x1e00).look == FrameLook::KernelBrk);
    CHECK(cellOf(content, 0x2000).look == FrameLook::Initrd);
    CHECK(cellOf(content, BufferStory::start).levels == 1 << 3);
    CHECK(cellOf(content, BufferStory::start + 1).levels == 1 << 2);
    CHECK(cellOf(content, BufferStory::top - 1).look == FrameLook::PgtBufReserved);
    CHECK(cellOf(content, BufferStory::top).look == FrameLook::Free);
    CHECK(content.end == FrameNumber(0x4000));
    CHECK(cellOf(content, 0x4000).outside);
}

TEST_CASE("cells of many frames show the most common look and the tables among them")
{
    ViewFixture f;
    f.document.goTo(10);
    const TintedContent content = frameContent(*f.document.state(), {});
    const auto cells = frameCells(content, FrameNumber(0), 8, 0x40);
    REQUIRE(cells.size() == 0x40);
    CHECK(cells[0x10].look == FrameLook::KernelText);
    CHECK(cells[0x10].tables == 0);
    const TintedCell& buffer = cells[0x3f];
    CHECK(buffer.tables == Approx(10.0 / 256));
    CHECK(buffer.levels == (1 << 3 | 1 << 2 | 1 << 1));
    CHECK(buffer.look == FrameLook::Free);
}

TEST_CASE("a cell has the gravest finding of the rule that is asked for")
{
    ViewFixture f;
    f.document.goTo(11);
    const StepState& state = *f.document.state();
    const TintedContent xen = frameContent(state, "xen-ro");
    CHECK(cellOf(xen, BufferStory::start + 9).finding == FindingState::Violation);
    CHECK(cellOf(xen, 0x3f14).finding == FindingState::Pending);
    CHECK_FALSE(cellOf(xen, 0x3f16).finding);
    CHECK(frameCells(xen, FrameNumber(0x3f00), 6, 1).front().finding == FindingState::Violation);
    CHECK_FALSE(cellOf(frameContent(state, "reserved-bits"), 0x3f14).finding);
}

TEST_CASE("a cell is marked where its table changed")
{
    ViewFixture f;
    f.document.goTo(7);
    const TintedContent content = frameContent(*f.document.state(), {});
    CHECK(cellOf(content, BufferStory::start + 2).changed);
    CHECK_FALSE(cellOf(content, BufferStory::start + 4).changed);
}

TEST_CASE("the map shows all of memory, then single frames")
{
    ViewFixture f;
    FramesView view(f.document, f.selection);
    view.resize(800, 500);
    view.show();
    FrameMap& map = view.map();
    CHECK(map.scale().zoom() == map.scale().fittingZoom());
    CHECK(map.firstVisible() == FrameNumber(0));
    CHECK(map.lastVisible() == FrameNumber(0x4000));

    f.document.goTo(10);
    QTest::keyClick(&map, Qt::Key_B);
    CHECK(map.scale().order() == 0);
    CHECK(map.firstVisible() <= FrameNumber(BufferStory::start));
    CHECK(FrameNumber(BufferStory::top) <= map.lastVisible());
    QTest::keyClick(&map, Qt::Key_0);
    CHECK(map.firstVisible() == FrameNumber(0));
    CHECK(map.lastVisible() == FrameNumber(0x4000));
}

TEST_CASE("zooming keeps the frame under the pointer where it is")
{
    ViewFixture f;
    FramesView view(f.document, f.selection);
    view.resize(800, 500);
    view.show();
    FrameMap& map = view.map();
    map.zoomToAll();
    map.setCurrent(FrameNumber(0x2000));
    const QPoint before = map.cellOf(FrameNumber(0x2000)).center();
    map.zoomBy(2);
    const QRect after = map.cellOf(FrameNumber(0x2000));
    CHECK(std::abs(after.center().y() - before.y()) <= 2 * after.height());
}

TEST_CASE("a click and the keyboard select frames")
{
    ViewFixture f;
    f.document.goTo(10);
    FramesView view(f.document, f.selection);
    view.resize(800, 500);
    view.show();
    FrameMap& map = view.map();
    map.zoomToBuffer();
    QTest::mouseClick(map.viewport(), Qt::LeftButton, {}, map.cellOf(FrameNumber(0x3f09)).center());
    CHECK(f.selection.place().frame == FrameNumber(0x3f09));
    QTest::keyClick(&map, Qt::Key_Right);
    CHECK(map.cursor() == FrameNumber(0x3f0a));
    QTest::keyClick(&map, Qt::Key_Return);
    CHECK(f.selection.place().frame == FrameNumber(0x3f0a));
    CHECK(map.accessibleDescription().contains("0x3f0a000"));

    QTest::keyClick(&map, Qt::Key_End);
    CHECK(map.cursor() == FrameNumber(0x3fff));
    QTest::keyClick(&map, Qt::Key_Home);
    CHECK(map.cursor() == FrameNumber(0));
}

TEST_CASE("a frame that is selected elsewhere becomes visible, unless the view is unpinned")
{
    ViewFixture f;
    f.document.goTo(10);
    FramesView view(f.document, f.selection);
    view.resize(800, 300);
    view.show();
    FrameMap& map = view.map();
    map.zoomToBuffer();
    f.selection.select(placeOf(FrameNumber(0x1000)));
    CHECK(map.firstVisible() <= FrameNumber(0x1000));
    CHECK(FrameNumber(0x1000) < map.lastVisible());
    view.setFollowing(false);
    f.selection.select(placeOf(FrameNumber(0x3f00)));
    CHECK(map.cursor() == FrameNumber(0x1000));
    view.setFollowing(true);
    CHECK(map.cursor() == FrameNumber(0x3f00));
}

TEST_CASE("the three markers are labelled and never cover one another")
{
    ViewFixture f;
    FramesView view(f.document, f.selection);
    view.resize(700, 420);
    view.show();
    FrameMap& map = view.map();
    for (const quint64 step : {1U, 2U, 10U}) {
        f.document.goTo(step);
        for (const bool near : {false, true}) {
            near ? map.zoomToBuffer() : map.zoomToAll();
            const auto& markers = map.markers();
            REQUIRE(markers.size() == 3);
            for (std::size_t i = 0; i < markers.size(); ++i) {
                CHECK(map.scale().area().contains(markers[i].label));
                for (std::size_t j = 0; j < i; ++j)
                    CHECK_FALSE(markers[i].label.intersects(markers[j].label));
            }
        }
    }
    f.document.goTo(0);
    REQUIRE(map.markers().size() == 2);
    CHECK(map.markers()[0].text.contains("pgt_buf_end = pgt_buf_start"));
}

TEST_CASE("a tooltip tells role, mappings and findings")
{
    ViewFixture f;
    f.document.goTo(10);
    const QString text = frameTooltip(*f.document.state(), FrameNumber(0x3f09));
    CHECK(text.contains("0x3f09000"));
    CHECK(text.contains("page table, level 1"));
    CHECK(text.contains("xen-ro"));
    CHECK(text.contains("ffff888003f09000"));
    CHECK(frameTooltip(*f.document.state(), FrameNumber(0x10)).contains("mapped nowhere"));
}

TEST_CASE("the tooltip of a cell counts roles and findings")
{
    ViewFixture f;
    f.document.goTo(10);
    const TintedContent content = frameContent(*f.document.state(), {});
    const QString tip = cellTooltip(*f.document.state(), content, FrameNumber(0x3f00), 256);
    CHECK(tip.contains("256 frames"));
    CHECK(tip.contains("208 free RAM"));
    CHECK(tip.contains("pgt_buf, reserved for tables"));
    CHECK(tip.contains("page table"));
    CHECK(tip.contains("findings, in frames"));
    const QString free = cellTooltip(*f.document.state(), content, FrameNumber(0x10), 4);
    CHECK(free.contains("4 free RAM"));
    CHECK_FALSE(free.contains("findings"));
    // The last cell may be larger than what is left of memory.
    CHECK(cellTooltip(*f.document.state(), content, FrameNumber(0x3ff0), 64).contains("16 frames"));
}

TEST_CASE("cells keep their size where the memory map grows from step to step")
{
    const QTemporaryDir directory;
    const std::string path = directory.filePath("growing.pgtrec").toStdString();
    auto writer = RecordingWriter::create(path, {}).value();
    BufferStory story;
    for (const std::uint64_t megabytes : {64U, 256U, 1024U}) {
        story.memory = FakeMemory({{PhysicalAddress(0), PhysicalAddress(megabytes << 20)}});
        const auto [step, snapshot] = story.next();
        REQUIRE(writer->append(step, snapshot));
    }
    REQUIRE(writer->finish());
    Document document;
    Selection selection;
    document.setTimeline(Timeline::open(path).value(), false);
    FramesView view(document, selection);
    view.resize(700, 500);
    view.show();
    const auto shape = [&] { return std::tuple(view.map().scale().cell(), view.map().scale().zoom()); };
    document.goTo(0);
    const auto first = shape();
    for (const core::StepNumber step : {1U, 2U, 0U}) {
        document.goTo(step);
        CHECK((shape() == first));
    }
}

TEST_CASE("a view that is hidden catches up when it is shown")
{
    ViewFixture f;
    FramesView view(f.document, f.selection);
    f.document.goTo(10);
    CHECK(view.map().content().ranges.empty());
    view.show();
    CHECK_FALSE(view.map().content().ranges.empty());
}

TEST_CASE("the filter has room to type in at every width")
{
    ViewFixture f;
    FramesView view(f.document, f.selection);
    view.show();
    auto* filter = view.findChild<QLineEdit*>("filter");
    const auto* rules = view.findChild<QWidget*>("frameRule");
    const auto top = [&](const QWidget* of) { return of->mapTo(&view, QPoint()).y(); };
    for (const int width : {900, 484, 640, 420, 1200}) {
        CAPTURE(width);
        view.resize(width, 400);
        QApplication::processEvents();
        CHECK(filter->width() >= 20 * filter->fontMetrics().averageCharWidth());
        CHECK(filter->mapTo(&view, QPoint(filter->width(), 0)).x() <= view.width());
        // A line of its own only where it is needed.
        if (width >= 900)
            CHECK(top(filter) < top(rules) + rules->height());
    }
}

TEST_CASE("pictures of the map")
{
    ViewFixture f;
    f.document.goTo(10);
    FramesView view(f.document, f.selection);
    photograph(view, "frames-all", {720, 520});
    view.map().zoomToBuffer();
    f.selection.select(placeOf(FrameNumber(0x3f09)));
    view.map().setFocus();
    photograph(view, "frames-buffer");
    CHECK(QFile::exists("screenshots/frames-buffer-light.png"));
}
