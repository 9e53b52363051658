// SPDX-License-Identifier: GPL-2.0-or-later
// A recording of every store, as the views show it: histories, colours of writers and ages, lanes of
// functions, and the way from an entry or a finding to the write that made it what it is.
#include "tests/support/catch.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QTableView>
#include <QTest>
#include <QTextBrowser>
#include <QToolButton>
#include <QTreeView>

#include "tests/core/mixedstory.h"
#include "tests/support/gui/gui.h"
#include "tests/views/bufferstory.h"
#include "views/entry/entryhistorymodel.h"
#include "views/entry/entryview.h"
#include "views/findings/findingsmodel.h"
#include "views/findings/findingsview.h"
#include "views/frames/framemap.h"
#include "views/frames/framesview.h"
#include "views/tables/tablesmodel.h"
#include "views/tables/tablesview.h"
#include "views/timeline/player.h"
#include "views/timeline/stepsampler.h"
#include "views/timeline/timelinestrip.h"
#include "views/timeline/timelineview.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"

using namespace pgtscope;
using namespace pgtscope::core;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

/// A recording of single stores of four functions, at its last step.
struct Stores {
    explicit Stores(unsigned rounds = 12, unsigned stores = 20)
    {
        const std::string path = directory.filePath(QStringLiteral("stores.pgtrec")).toStdString();
        recordMixedStory(path, 3, rounds, stores);
        document.setTimeline(Timeline::open(path).value(), false);
        document.writes().finish();
        document.goTo(~0ULL);
    }

    /// An entry that several stores changed, the last of them before `last`.
    PhysicalAddress busyEntry(StepNumber last) const
    {
        const auto& timeline = *document.timeline();
        PhysicalAddress busiest;
        std::size_t most = 0;
        for (StepNumber step = 0; step < last; ++step) {
            const StepChanges changes = timeline.changes(step).value();
            for (const EntryChange& change : changes.entries)
                if (const auto history = index().history(change.address, last);
                    change.writer && history.size() > most) {
                    busiest = change.address;
                    most = history.size();
                }
        }
        REQUIRE(most > 2);
        return busiest;
    }
    const WriteIndex& index() const { return *const_cast<Document&>(document).writes().index(); }

    QTemporaryDir directory;
    Document document;
    Selection selection;
};

Place placeOfEntryAt(PhysicalAddress entry)
{
    Place place;
    place.entry = entry;
    place.level = 1;
    return place;
}

template <class Widget>
QImage pictureOf(Widget& widget)
{
    return widget.grab().toImage();
}

} // namespace

TEST_CASE("who wrote what is learnt behind the scenes, and once more as the recording grows")
{
    const QTemporaryDir directory;
    auto writer = RecordingWriter::create(directory.filePath("live").toStdString(), {}).value();
    const std::shared_ptr<RecordingWriter> shared = std::move(writer);
    MixedStory story(4);
    story.appendStops(*shared, 12);
    Document document;
    document.setTimeline(Timeline::follow(shared).value(), true);
    REQUIRE(QTest::qWaitFor([&] { return document.writes().complete(); }));
    CHECK(document.writes().index()->functions().empty());
    CHECK(document.writes().lanes().isEmpty());

    story.appendStores(*shared, 100);
    REQUIRE(QTest::qWaitFor([&] { return document.size() == shared->size(); }));
    REQUIRE(QTest::qWaitFor([&] { return document.writes().complete(); }));
    const QStringList lanes = document.writes().lanes();
    CHECK(lanes.size() == 4);
    CHECK(lanes.first() == "function_0");

    story.appendStores(*shared, 400);
    REQUIRE(QTest::qWaitFor([&] { return document.size() == shared->size(); }));
    REQUIRE(QTest::qWaitFor([&] { return document.writes().complete(); }));
    CHECK(document.writes().lanes() == lanes);
    CHECK(document.writes().index()->steps() == shared->size());
}

TEST_CASE("functions that turn out to be busy get a colour, and those that stay busy keep theirs")
{
    const QTemporaryDir directory;
    const std::shared_ptr<RecordingWriter> writer
        = RecordingWriter::create(directory.filePath("live").toStdString(), {}).value();
    BootStory story(4);
    const auto store = [&](const std::string& function, unsigned times) {
        std::vector<WriteStep> stores;
        for (unsigned i = 0; i < times; ++i) {
            stores.push_back(story.nextWrite());
            stores.back().change.writer->symbol = function;
        }
        REQUIRE(writer->appendWrites(stores));
    };
    for (unsigned i = 0; i < 12; ++i) {
        const auto [step, snapshot] = story.next();
        REQUIRE(writer->append(step, snapshot));
    }
    for (unsigned i = 0; i < 8; ++i)
        store("early_" + std::to_string(i), 20 - i);
    Document document;
    document.setTimeline(Timeline::follow(writer).value(), true);
    REQUIRE(QTest::qWaitFor([&] { return document.writes().complete(); }));
    REQUIRE(document.writes().lanes().size() == WriteHistory::maxLanes);
    CHECK_FALSE(document.writes().lanes().contains("set_pte"));
    store("set_pte", 100);
    REQUIRE(QTest::qWaitFor([&] { return document.size() == writer->size(); }));
    REQUIRE(QTest::qWaitFor([&] { return document.writes().complete(); }));
    const QStringList lanes = document.writes().lanes();
    CHECK(lanes.size() == WriteHistory::maxLanes);
    CHECK(lanes.contains("set_pte"));
    for (int i = 0; i < 6; ++i)
        CHECK(lanes[i] == QStringLiteral("early_%1").arg(i));
}

TEST_CASE("appends that come thick and fast are shown, but not each of them")
{
    const QTemporaryDir directory;
    const std::shared_ptr<RecordingWriter> writer
        = RecordingWriter::create(directory.filePath("live").toStdString(), {}).value();
    MixedStory story(4);
    story.appendStops(*writer, 12);
    Document document;
    document.setTimeline(Timeline::follow(writer).value(), true);
    unsigned shown = 0;
    QObject::connect(&document, &Document::stepChanged, [&] { ++shown; });
    for (unsigned i = 0; i < 500; ++i)
        story.appendStores(*writer, 1);
    REQUIRE(QTest::qWaitFor([&] { return document.size() == writer->size(); }));
    CHECK(document.step() + 1 == writer->size());
    CHECK(shown < 20);
}

TEST_CASE("a timeline that grows without end is sampled within bounds")
{
    const QTemporaryDir directory;
    const std::shared_ptr<RecordingWriter> writer
        = RecordingWriter::create(directory.filePath("live").toStdString(), {}).value();
    MixedStory story(4);
    story.appendStops(*writer, 12);
    Document document;
    document.setTimeline(Timeline::follow(writer).value(), true);
    StepSampler sampler(document);
    for (unsigned i = 0; i < 40; ++i) {
        story.appendStores(*writer, 200);
        REQUIRE(QTest::qWaitFor([&] { return document.size() == writer->size(); }));
        sampler.finish();
    }
    CHECK(sampler.samples().size() <= 2 * StepSampler::maxSamples + 12);
    CHECK(sampler.samples().back().step + 20 > document.size());
}

TEST_CASE("the history of an entry keeps the rules of models, and marks the present")
{
    Stores f;
    EntryHistoryModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    auto events = f.index().history(f.busyEntry(f.document.size()), f.document.size());
    const auto count = static_cast<int>(events.size());
    const StepNumber second = events[1].step;
    model.setEvents(events, second);
    CHECK(model.rowCount() == count);
    CHECK(model.present() == 1);
    CHECK(model.index(1, EntryHistoryModel::StepColumn).data().toString().startsWith(u'\u25b8'));
    CHECK(model.index(0, EntryHistoryModel::Writer).data().toString().startsWith("function_"));
    model.setEvents(events, 0);
    CHECK(model.present() == -1);
    model.setEvents({}, 0);
    CHECK(model.rowCount() == 0);
}

TEST_CASE("Entry tells the whole history of its entry, and a click goes to the step")
{
    Stores f;
    EntryView view(f.document, f.selection);
    view.resize(640, 900);
    view.show();
    const PhysicalAddress entry = f.busyEntry(f.document.size());
    f.selection.select(placeOfEntryAt(entry));
    auto& table = *view.findChild<QTableView*>("entryHistory");
    const auto& events = view.history().events();
    REQUIRE(events.size() > 2);
    CHECK(table.isVisible());
    const QString head = view.findChild<QLabel*>("entryHistoryHead")->text();
    CHECK(head.contains(QStringLiteral("%1 events").arg(events.size())));
    CHECK(head.contains("last written at"));
    QCoreApplication::processEvents();
    CHECK(grabTo(view, "entry-history"));

    table.scrollToTop();
    QTest::mouseClick(
        table.viewport(), Qt::LeftButton, {}, table.visualRect(table.model()->index(0, 0)).center());
    CHECK(f.document.step() == events[0].step);
    CHECK(view.history().present() == 0);
    // What comes later stays in the list.
    CHECK(view.history().events().size() > 2);
}

TEST_CASE("tables with a column for who wrote them keep the rules of models")
{
    Stores f;
    TablesModel model;
    model.setState(f.document.state(), {}, {f.document.writes(), f.document.step(), ColourBy::Writer});
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    const QModelIndex root = model.index(0, 0);
    model.fetchMore(root);
    CHECK(model.rowCount(root) > 0);
    CHECK_FALSE(model.index(0, TablesModel::Written, root).data().toString().isEmpty());
    model.updateWrites({f.document.writes(), f.document.step(), ColourBy::Writer});
}

TEST_CASE("rows of Tables tell who last wrote them, while colours tell of writers")
{
    Stores f;
    TablesView view(f.document, f.selection);
    view.resize(1000, 600);
    view.show();
    CHECK(view.model().columnCount() == TablesModel::Written);
    auto& by = *view.findChild<ColourBySwitch*>();
    by.setValue(ColourBy::Writer);
    REQUIRE(view.model().columnCount() == TablesModel::columns);
    CHECK(view.findChild<WriteLegend*>()->isVisible());
    CHECK(view.findChild<WriteLegend*>()->accessibleDescription().contains("A: function_0"));

    f.selection.select(placeOfEntryAt(f.busyEntry(f.document.size())));
    const QModelIndex row = view.tree().currentIndex();
    REQUIRE(row.isValid());
    const Place place = view.model().placeAt(row);
    REQUIRE(place.entry);
    const auto write = f.index().lastWrite(*place.entry, f.document.step());
    const QString reported = row.siblingAtColumn(TablesModel::Written).data().toString();
    REQUIRE(write);
    CHECK(reported.contains(agoText(f.document.step() - write->step)));
    if (write->function)
        CHECK(reported.startsWith(writerName(f.index().functions()[*write->function].name)));
    CHECK(row.data(TablesModel::TintRole).isValid());
    CHECK(grabTo(view, "tables-writers"));

    by.setValue(ColourBy::Age);
    CHECK(grabTo(view, "tables-ages"));
    by.setValue(ColourBy::Role);
    CHECK(view.model().columnCount() == TablesModel::Written);
    CHECK_FALSE(view.findChild<WriteLegend*>()->isVisible());
}

TEST_CASE("table pages on the map have the colour of who last wrote to them, or of how long ago")
{
    Stores f;
    FramesView view(f.document, f.selection);
    view.resize(900, 500);
    view.show();
    FrameMap& map = view.map();
    CHECK(map.content().tints.empty());
    const QImage roles = pictureOf(map);
    auto& by = *view.findChild<ColourBySwitch*>();
    by.setValue(ColourBy::Writer);
    REQUIRE(map.content().tints.size() == f.document.state()->snapshot()->tableFrames());
    const WriteColours colours(f.document.writes(), f.document.step(), ColourBy::Writer);
    bool named = false;
    for (const FrameTint& tint : map.content().tints) {
        const auto write = f.index().lastWrite(tint.frame, f.document.step());
        CHECK(tint.code == colours.codeOf(write));
        named = named || colours.tint(tint.code).text.startsWith("function_");
    }
    CHECK(named);
    CHECK(pictureOf(map) != roles);
    CHECK(view.findChild<WriteLegend*>()->isVisible());
    CHECK(grabTo(view, "frames-writers"));

    by.setValue(ColourBy::Age);
    const QImage ages = pictureOf(map);
    CHECK(ages != roles);
    CHECK(grabTo(view, "frames-ages"));
    // Another step, other ages.
    f.document.goTo(f.document.size() / 2);
    CHECK(pictureOf(map) != ages);
}

TEST_CASE("a recording without writers says so, and has no lanes")
{
    ViewFixture f;
    f.document.writes().finish();
    FramesView view(f.document, f.selection);
    view.resize(900, 500);
    view.show();
    view.findChild<ColourBySwitch*>()->setValue(ColourBy::Writer);
    CHECK(view.findChild<WriteLegend*>()->accessibleDescription().contains("No writer information"));
    Player player(f.document);
    TimelineView timeline(f.document, f.selection, player);
    timeline.resize(1000, 320);
    timeline.show();
    CHECK(timeline.strip().lanes().empty());
}

TEST_CASE("beside lanes the list of steps keeps four rows, in every layout of a small window")
{
    Stores f;
    MainWindow window;
    window.resize(1280, 800);
    window.document().setTimeline(f.document.timeline(), false);
    window.document().writes().finish();
    window.showViews();
    window.show();
    auto& view = dynamic_cast<TimelineView&>(*window.docks().view("timeline"));
    for (const ActionId layout :
        {ActionId::ResetLayout, ActionId::LayoutLearn, ActionId::LayoutInspect, ActionId::LayoutDebug}) {
        window.action(layout).trigger();
        QTest::qWait(20);
        CAPTURE(static_cast<unsigned>(layout), view.height(), view.strip().height(), view.list().height());
        const QTreeView& list = view.list();
        CHECK(list.viewport()->height() >= 4 * list.visualRect(list.currentIndex()).height());
        CHECK(view.strip().lanes().count() >= 2);
    }
    CHECK(grabTo(window, "window-lanes"));
}

TEST_CASE("functions are lanes of the timeline, at any zoom")
{
    Stores f;
    Player player(f.document);
    TimelineView view(f.document, f.selection, player);
    view.resize(1100, 420);
    view.show();
    TimelineStrip& strip = view.strip();
    CHECK(strip.lanes().count() == 4);
    CHECK(strip.accessibleDescription().contains("function_0"));
    const QImage whole = pictureOf(strip);
    CHECK(grabTo(view, "timeline-lanes"));

    f.document.goTo(100);
    const double x = strip.xOf(100);
    for (int i = 0; i < 3; ++i)
        QTest::keyClick(&strip, Qt::Key_Plus);
    CHECK(strip.range().span < static_cast<double>(f.document.size()) / 6);
    CHECK(strip.xOf(100) == Approx(x).margin(1));
    CHECK(pictureOf(strip) != whole);
    CHECK(grabTo(view, "timeline-lanes-zoomed"));

    // The mouse meets the step that is drawn there, and a step out of sight comes into it.
    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(int(strip.xOf(105)), 40));
    CHECK(f.document.step() == 105);
    f.document.goTo(f.document.size() - 1);
    CHECK(strip.xOf(f.document.step()) <= strip.width());
    CHECK(strip.range().first > 105);
    QTest::keyClick(&strip, Qt::Key_0);
    CHECK(strip.range().first == 0);
}

TEST_CASE("zoomed in, the plot shows each step, not those that the whole was sampled at")
{
    Stores f(12, 400);
    Player player(f.document);
    TimelineView view(f.document, f.selection, player);
    view.resize(1100, 420);
    view.show();
    view.sampler().finish();
    view.strip().setRange({2000, 100});
    REQUIRE(QTest::qWaitFor([&] { return view.sampler().complete(); }, 60'000));
    const auto& samples = view.sampler().samples();
    const auto inside = std::count_if(samples.begin(), samples.end(),
        [](const StepSample& sample) { return sample.step >= 2000 && sample.step <= 2100; });
    CHECK(inside == 101);
}

TEST_CASE("from a finding, straight to the write that caused it")
{
    ViewFixture f;
    f.document.writes().finish();
    f.document.goTo(10);
    FindingsView view(f.document, f.selection);
    view.resize(560, 640);
    view.show();
    view.setFilterText("pfn == 0x3f09");
    auto* tree = view.findChild<QTreeView*>("findings");
    const QModelIndex row = tree->model()->index(0, 0, tree->model()->index(0, 0));
    REQUIRE(row.isValid());
    tree->setCurrentIndex(row);
    const Place place = view.commandPlace();
    REQUIRE(place.entry);
    const auto histories = entryHistories(*f.document.timeline(), std::span(&*place.entry, 1), 10).value();
    const EntryEvent* write = lastWrite(histories[0]);
    REQUIRE(write);
    auto* reason = view.findChild<QTextBrowser*>("reason");
    CHECK(reason->toPlainText().contains(QStringLiteral("at step %1").arg(write->step)));
    CHECK(grabTo(view, "findings-write"));
    emit reason->anchorClicked(QUrl("pgtscope:write"));
    CHECK(f.document.step() == write->step);
    CHECK(f.selection.place().entry == place.entry);
}

TEST_CASE("a key goes to the last write of what is selected, and on to the one before")
{
    Stores f;
    MainWindow window;
    window.resize(1500, 900);
    window.document().setTimeline(f.document.timeline(), false);
    window.document().writes().finish();
    window.showViews();
    window.show();
    REQUIRE(QTest::qWaitForWindowActive(&window));
    const PhysicalAddress entry = f.busyEntry(f.document.size());
    auto history = f.index().history(entry, f.document.size());
    std::vector<StepNumber> writes;
    for (const EntryEvent& event : history)
        if (lastWrite(std::span(&event, 1)))
            writes.push_back(event.step);
    REQUIRE(writes.size() > 1);
    window.document().goTo(~0ULL);
    window.selection().select(placeOfEntryAt(entry));
    QTest::keyClick(&window, Qt::Key_W, Qt::ControlModifier);
    CHECK(window.document().step() == writes.back());
    QTest::keyClick(&window, Qt::Key_W, Qt::ControlModifier);
    CHECK(window.document().step() == writes[writes.size() - 2]);
    for (std::size_t i = 0; i < writes.size(); ++i)
        QTest::keyClick(&window, Qt::Key_W, Qt::ControlModifier);
    CHECK(window.document().step() == writes.front());
    CHECK(window.messages().text().contains("first write"));
}
