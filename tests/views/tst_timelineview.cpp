// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <set>
#include <span>

#include <QAbstractItemModelTester>
#include <QHeaderView>
#include <QImage>
#include <QPainter>
#include <QScrollBar>
#include <QTableView>
#include <QTest>
#include <QTreeView>

#include "tests/support/gui/gui.h"
#include "tests/support/walkthrough.h"
#include "tests/views/boothistory.h"
#include "tests/views/bufferstory.h"
#include "views/filters/filteredit.h"
#include "views/frames/framelooks.h"
#include "views/timeline/differencepanel.h"
#include "views/timeline/differencesmodel.h"
#include "views/timeline/player.h"
#include "views/timeline/stepcard.h"
#include "views/timeline/stepsampler.h"
#include "views/timeline/stepsmodel.h"
#include "views/timeline/timelineplot.h"
#include "views/timeline/timelinestrip.h"
#include "views/timeline/timelineview.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

using namespace pgtscope::views;
using namespace pgtscope::tests;

namespace {

/// A timeline view on a recording, as the window shows it.
struct Shown {
    explicit Shown(const BootHistory& history)
        : Shown(history.open())
    {
    }
    explicit Shown(const std::shared_ptr<Timeline>& timeline)
        : player(document)
        , view(document, selection, player)
    {
        view.resize(1000, 320);
        view.show();
        document.setTimeline(timeline, false);
    }
    Document document;
    Selection selection;
    Player player;
    TimelineView view;
};

} // namespace

TEST_CASE("a list of steps reads those that are looked at")
{
    const BootHistory history(12, 5000);
    StepsModel model;
    const auto timeline = history.open();
    model.setTimeline(timeline, timeline->size());
    CHECK(model.rowCount() == 5012);
    CHECK(model.reads() == 0);
    CHECK(model.index(5000, StepsModel::Cause).data().toString().contains("write"));
    CHECK(model.index(5000, StepsModel::Entries).data().toString() == "1 entry");
    CHECK(model.index(5, StepsModel::Text).data().toString().startsWith("event_5"));
    CHECK(model.reads() == 2);
}

TEST_CASE("the list of steps keeps the rules of models while it grows")
{
    const BootHistory history(20);
    StepsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setTimeline(history.open(), 8);
    model.grow(20);
    CHECK(model.rowCount() == 20);
    model.setTimeline(nullptr, 0);
    CHECK(model.rowCount() == 0);
}

TEST_CASE("opening a long timeline reads a page of it, not all")
{
    const BootHistory history(12, 5000);
    Shown shown(history);
    QTest::qWait(1);
    CHECK(shown.view.model().reads() < 100);
    CHECK(shown.view.sampler().samples().size() <= StepSampler::maxSamples + 1);
}

TEST_CASE("keys and the mouse on the plot go through the steps")
{
    const BootHistory history(40);
    Shown shown(history);
    TimelineStrip& strip = shown.view.strip();
    QTest::keyClick(&strip, Qt::Key_Right);
    QTest::keyClick(&strip, Qt::Key_Right);
    CHECK(shown.document.step() == 2);
    QTest::keyClick(&strip, Qt::Key_Left);
    CHECK(shown.document.step() == 1);
    QTest::keyClick(&strip, Qt::Key_End);
    CHECK(shown.document.step() == 39);
    QTest::keyClick(&strip, Qt::Key_Home);
    CHECK(shown.document.step() == 0);
    QTest::mouseClick(&strip, Qt::LeftButton, {}, strip.rect().center());
    CHECK(shown.document.step() >= 19);
    CHECK(shown.document.step() <= 20);
    QTest::mousePress(&strip, Qt::LeftButton, {}, strip.rect().center());
    QTest::mouseMove(&strip, QPoint(strip.width() - 2, strip.height() / 2));
    QTest::mouseRelease(&strip, Qt::LeftButton, {}, QPoint(strip.width() - 2, strip.height() / 2));
    CHECK(shown.document.step() == 39);
}

TEST_CASE("the axis has ticks at round steps that leave room for their numbers")
{
    CHECK(ticksEvery(10, 1000) == 1);
    CHECK(ticksEvery(65, 1000) == 5);
    CHECK(ticksEvery(200'000, 1000) == 20'000);
    CHECK(ticksEvery(1, 10) == 10);
}

TEST_CASE("what changed is drawn between the two steps that it changed between")
{
    QImage image(400, 100, QImage::Format_RGB32);
    image.fill(Qt::black);
    QPainter painter(&image);
    const TimelinePlot plot{QRectF(0, 0, 400, 100), {0, 4}};
    StepSample sample;
    sample.step = 2;
    sample.entries = 7;
    paintChangedEntries(painter, plot, std::span(&sample, 1));
    painter.end();
    std::set<int> columns;
    for (int x = 0; x < image.width(); ++x)
        if (image.pixelColor(x, 99) != QColor(Qt::black))
            columns.insert(x);
    REQUIRE_FALSE(columns.empty());
    CHECK(*columns.begin() > 100); // where step 1 is
    CHECK(*columns.rbegin() < 200); // and step 2
}

TEST_CASE("the card of a step says what it is and what changed since the previous one")
{
    ViewFixture f;
    const QString card = stepCard(f.document, 9);
    CHECK(card.contains("step 9 of 0–13"));
    CHECK(card.contains("between step 8 and 9: "));
    CHECK(card.contains("pgt_buf"));
    CHECK_FALSE(stepCard(f.document, 0).contains("between"));
    CHECK(stepCard(f.document, 99).isEmpty());
}

TEST_CASE("the list and the step follow each other")
{
    const BootHistory history(40);
    Shown shown(history);
    shown.document.goTo(11);
    CHECK(shown.view.list().currentIndex().row() == 11);
    shown.view.list().setFocus();
    QTest::keyClick(&shown.view.list(), Qt::Key_Down);
    CHECK(shown.document.step() == 12);
}

TEST_CASE("a list that becomes lower goes on showing the current step")
{
    const BootHistory history(60);
    Shown shown(history);
    shown.view.resize(1000, 900);
    shown.document.goTo(24);
    QTest::qWait(10);
    shown.view.resize(1000, 320);
    QTest::qWait(10);
    const QTreeView& list = shown.view.list();
    CHECK(list.viewport()->rect().contains(list.visualRect(list.currentIndex())));
}

TEST_CASE("at every width the list says what happened, and the filter has room to type in")
{
    const BootHistory history(60);
    Shown shown(history);
    const int letter = QFontMetrics(Theme::instance().fixedFont()).horizontalAdvance(QLatin1Char('0'));
    const auto* filter = shown.view.findChild<FilterEdit*>();
    for (const int width : {440, 950, 620, 1400, 453}) {
        CAPTURE(width);
        shown.view.resize(width, 320);
        QApplication::processEvents();
        const QTreeView& list = shown.view.list();
        CHECK(list.columnWidth(StepsModel::Text) >= 20 * letter);
        CHECK(list.columnWidth(StepsModel::Findings) >= 14 * letter);
        CHECK(list.isColumnHidden(StepsModel::Place) == (width < 900));
        CHECK(list.horizontalScrollBar()->maximum() == 0);
        CHECK(filter->width() >= 14 * filter->fontMetrics().averageCharWidth());
    }
    CHECK(shown.view.list().header()->sectionSize(StepsModel::Number) >= 7 * letter);
}

TEST_CASE("bookmarks outlive the view")
{
    const BootHistory history(10);
    {
        Shown shown(history);
        shown.document.goTo(4);
        shown.view.toggleBookmark();
        CHECK(shown.view.model().index(4, 0).data().toString().contains("★"));
    }
    Shown again(history);
    CHECK(again.view.bookmarks() == QSet<quint64>{4});
    again.document.goTo(4);
    again.view.toggleBookmark();
    CHECK(again.view.bookmarks().isEmpty());
}

TEST_CASE("two steps are compared: the window asks for the other one, then lists what differs")
{
    const BootHistory history(40);
    Shown shown(history);
    DifferencePanel& panel = shown.view.differences();
    DifferencesModel& model = panel.model();
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    shown.document.goTo(3);
    shown.view.setComparing(true);
    CHECK(panel.isVisible());
    CHECK(panel.headline().contains("Step 3 is marked"));
    CHECK(panel.headline().contains("choose the other step"));
    CHECK(model.rowCount() == 0);
    CHECK(shown.view.model().index(3, 0).data().toString() == "⇄ 3");

    shown.document.goTo(30);
    CHECK(panel.headline().contains("Step 3 → step 30"));
    const SnapshotDiff diff = diffSnapshots(
        *shown.document.timeline()->snapshot(3).value(), *shown.document.timeline()->snapshot(30).value());
    REQUIRE_FALSE(diff.tables.entries.empty());
    REQUIRE_FALSE(diff.tables.tables.empty());
    const auto rows = diff.mappings.size() + diff.tables.tables.size() + diff.tables.entries.size();
    CHECK(static_cast<std::size_t>(model.rowCount()) == rows);
    CHECK(model.headerData(DifferencesModel::Before, Qt::Horizontal, Qt::DisplayRole) == "At step 3");
    shown.view.sampler().finish();
    QTest::qWait(20);
    CHECK(grabTo(shown.view, "timeline-difference"));

    // Backwards, too, the earlier step is what was before.
    shown.document.goTo(1);
    CHECK(panel.headline().contains("Step 1 → step 3"));
    shown.view.setComparing(false);
    CHECK_FALSE(panel.isVisible());
    CHECK(model.rowCount() == 0);
    CHECK(shown.view.model().index(3, 0).data().toString() == "3");
}

TEST_CASE("what differs can be filtered, by what it was or by what it is, and a row leads to its place")
{
    const Walkthrough story("lab-buffer-high");
    Shown shown(Timeline::open(story->path()).value());
    shown.document.goTo(10);
    shown.view.setComparing(true);
    shown.document.goTo(60);
    DifferencePanel& panel = shown.view.differences();
    DifferencesModel& model = panel.model();
    const int all = model.rowCount();
    panel.filter().setText("kind == table or level == 2");
    const int some = model.rowCount();
    CHECK(some > 0);
    CHECK(some < all);
    CHECK(panel.headline().contains(QStringLiteral("%1 of %2").arg(some).arg(all)));
    panel.filter().setText("kind == page and eff.rw");
    CHECK(panel.filter().errorText().isEmpty());
    REQUIRE(model.rowCount() > 0);
    for (int row = 0; row < model.rowCount(); ++row) {
        CHECK(model.index(row, DifferencesModel::Kind).data() != "table");
        CHECK((model.index(row, DifferencesModel::Before).data().toString()
            + model.index(row, DifferencesModel::After).data().toString())
                  .contains("RW"));
    }
    const Place place = model.placeAt(model.index(0, 0));
    REQUIRE_FALSE(place.empty());
    auto* table = panel.findChild<QTableView*>();
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(model.index(0, 1)).center());
    CHECK(shown.selection.place() == place);
}

TEST_CASE("while steps are compared, views mark what differs between them")
{
    const BootHistory history(40);
    Shown shown(history);
    shown.document.goTo(30);
    const auto here = shown.document.state()->changes();
    CHECK(shown.document.state()->markText() == "changed at this step");
    shown.document.goTo(3);
    shown.view.setComparing(true);
    shown.document.goTo(30);
    const StepStatePtr state = shown.document.state();
    CHECK(state->markText() == "differs from step 3");
    const SnapshotDiff diff
        = diffSnapshots(*shown.document.timeline()->snapshot(3).value(), *state->snapshot());
    std::size_t further = 0;
    for (const EntryChange& change : diff.tables.entries) {
        CHECK(state->marked(change.address));
        further += state->changed(change.address) ? 0U : 1U;
    }
    CHECK(further > 0);
    const TintedContent content = frameContent(*state, {});
    for (const EntryChange& change : diff.tables.entries)
        CHECK(std::ranges::binary_search(content.changed, frameOf(change.address)));
    // A filter still asks what the step itself changed.
    CHECK(state->changes() == here);
    shown.view.setComparing(false);
    CHECK(shown.document.state()->marks() == here);
}

TEST_CASE("no line runs through the name of the top")
{
    const QRectF area(0, 0, 400, 60);
    const QLineF top(10, 6, 390, 6);
    const QSizeF size(80, 14);
    QPainterPath low(QPointF(10, 60));
    low.lineTo(390, 60);
    const auto right = placeOfTopName(low, top, area, size);
    REQUIRE(right);
    CHECK(right->right() <= 390);
    CHECK(right->left() > 200);
    // A full buffer: the line of the end is where the name was.
    QPainterPath full(QPointF(10, 60));
    full.lineTo(250, 60);
    full.lineTo(250, 8);
    full.lineTo(390, 8);
    const auto left = placeOfTopName(full, top, area, size);
    REQUIRE(left);
    CHECK(left->right() < 200);
    QPainterPath whole(QPointF(10, 10));
    whole.lineTo(390, 10);
    CHECK_FALSE(placeOfTopName(whole, top, area, size));
}

TEST_CASE("a store's row says what it did and who did it")
{
    const BootHistory history(12, 50);
    StepsModel model;
    const auto timeline = history.open();
    model.setTimeline(timeline, timeline->size());
    const EntryChange change = timeline->changes(20)->entries.front();
    const QString text = model.index(20, StepsModel::Text).data().toString();
    CHECK(text.startsWith("PTE " + hexOf(change.address.value) + ": "));
    CHECK(text.contains(" → "));
    CHECK(model.index(20, StepsModel::Place).data().toString()
        == QString::fromStdString(change.writer->symbol));
}

TEST_CASE("playing goes to the end and stops there")
{
    const BootHistory history(12);
    Shown shown(history);
    shown.player.setStepsPerSecond(1000);
    shown.player.setPlaying(true);
    CHECK(QTest::qWaitFor([&] { return !shown.player.playing(); }, 10'000));
    CHECK(shown.document.step() == 11);
    shown.view.sampler().finish();
    CHECK(grabTo(shown.view, "timeline"));
}

TEST_CASE("every step of a short timeline is in the plot")
{
    const BootHistory history(25);
    Shown shown(history);
    shown.view.sampler().finish();
    REQUIRE(shown.view.sampler().samples().size() == 25);
    for (std::size_t i = 0; i < 25; ++i)
        CHECK(shown.view.sampler().samples()[i].step == i);
    CHECK(shown.view.sampler().samples()[5].event == "event_5");
    CHECK(shown.view.sampler().samples()[5].buffer.has_value());
}
