// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QAbstractItemModelTester>
#include <QLineEdit>
#include <QTest>
#include <QTreeView>

#include "tests/core/ruleguest.h"
#include "tests/support/gui/gui.h"
#include "tests/support/walkthrough.h"
#include "tests/views/boothistory.h"
#include "tests/views/bufferstory.h"
#include "views/filters/filteredit.h"
#include "views/tables/tablesmodel.h"
#include "views/tables/tablesview.h"

using namespace pgtscope;
using namespace pgtscope::views;
using namespace pgtscope::tests;

namespace {

StepStatePtr stateOf(core::SnapshotPtr snapshot, core::StepChanges changes = {})
{
    return std::make_shared<const StepState>(core::Step{}, std::move(snapshot), std::move(changes));
}

/// The children of a row as lines of "index | maps | effective".
QStringList rowsOf(TablesModel& model, const QModelIndex& parent)
{
    model.fetchMore(parent);
    QStringList lines;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        QStringList cells;
        for (const int column : {TablesModel::Index, TablesModel::Target, TablesModel::Effective})
            cells += model.index(row, column, parent).data().toString();
        lines += cells.join(QStringLiteral(" | "));
    }
    return lines;
}

/// Eight pages of the direct map that say the same, one read-only, one elsewhere.
core::SnapshotPtr directMap(core::StepChanges* changes = nullptr)
{
    RuleGuest guest;
    for (unsigned i = 0; i < 8; ++i)
        guest.map(0x40 + i, rw);
    guest.map(0x48, p);
    guest.map(0x60, rw);
    const auto snapshot = std::make_shared<const core::Snapshot>(guest.context().snapshot());
    if (changes)
        changes->entries.push_back({PhysicalAddress(RuleGuest::directTable + 0x42 * 8), 8, 2, 0, 1, {}});
    return snapshot;
}

QModelIndex directTableOf(TablesModel& model)
{
    Place place;
    place.linear = LinearAddress(RuleGuest::directBase + 0x40000);
    return model.indexOf(place).parent();
}

/// The root's entry for the direct map, which the story hooks at its second step.
QModelIndex directMapEntry(TablesView& view)
{
    const QModelIndex root = view.model().index(0, 0);
    for (int row = 0; row < view.model().rowCount(root); ++row)
        if (view.model().index(row, 0, root).data().toString() == "273")
            return view.model().index(row, 0, root);
    return {};
}

/// Rows under `parent` that the model has made, at any depth, and whose cells the ranges do not cover.
int rowsOutside(const std::vector<std::pair<QModelIndex, QModelIndex>>& ranges, const TablesModel& model,
    const QModelIndex& parent = {})
{
    int outside = 0;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        const bool covered = std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
            return range.first.isValid() && range.second.isValid() && range.first.parent() == parent
                && range.second.parent() == parent && range.first.row() <= row && row <= range.second.row()
                && range.first.column() == 0 && range.second.column() == model.columnCount() - 1;
        });
        outside += (covered ? 0 : 1) + rowsOutside(ranges, model, model.index(row, 0, parent));
    }
    return outside;
}

} // namespace

TEST_CASE("whatever changes how rows read is announced for every row, at every depth")
{
    TablesModel model;
    model.setState(stateOf(directMap()), {});
    rowsOf(model, model.index(0, 0, directTableOf(model)));
    std::vector<std::pair<QModelIndex, QModelIndex>> ranges;
    QObject::connect(&model, &TablesModel::dataChanged, &model,
        [&](const QModelIndex& first, const QModelIndex& last) { ranges.emplace_back(first, last); });
    REQUIRE(rowsOutside(ranges, model) >= 13); // five levels, eight rows of the split one, two more leaves
    SECTION("the names of the levels") { model.setDialect(core::Dialect::Kernel); }
    SECTION("the colour rules") { model.recolour({}); }
    SECTION("what is known of the writes") { model.updateWrites({}); }
    CHECK(rowsOutside(ranges, model) == 0);
}

TEST_CASE("tables open level by level, and neighbours that say the same are one row")
{
    TablesModel model;
    model.setState(stateOf(directMap()), {});
    // Born after the reset: the tester would fetch rows within the reset's own signal and complain of it.
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    REQUIRE(model.rowCount() == 1);
    CHECK(model.index(0, 0).data().toString() == "PML4");
    CHECK(rowsOf(model, model.index(0, 0)) == QStringList{"273 | → PDPT 0x2000 | RW sup X"});
    const QStringList leaves = rowsOf(model, directTableOf(model));
    CHECK(leaves
        == QStringList{"64–71 | 8 × 4K → 0x40000 | RW sup NX", "72 | 4K → 0x48000 | RO sup NX",
            "96 | 4K → 0x60000 | RW sup NX"});
    CHECK(rowsOf(model, model.index(0, 0, directTableOf(model))).size() == 8);
}

TEST_CASE("what changed at the step stands on its own and is marked")
{
    core::StepChanges changes;
    const auto snapshot = directMap(&changes);
    TablesModel model;
    model.setState(stateOf(snapshot, changes), {});
    const QModelIndex table = directTableOf(model);
    const QStringList rows = rowsOf(model, table);
    REQUIRE(rows.size() == 5);
    CHECK(rows[1].startsWith("66 |"));
    CHECK(model.index(1, TablesModel::Marks, table).data().toString() == "Δ");
    CHECK(model.index(0, TablesModel::Marks, table).data().toString().isEmpty());
    CHECK(model.index(0, TablesModel::Marks).data().toString().isEmpty());
}

TEST_CASE("a violation carries its glyph, not its colour alone")
{
    RuleGuest guest;
    guest.map(0x4, rw); // the table of the direct map, writable in itself
    TablesModel model;
    model.setState(stateOf(std::make_shared<const core::Snapshot>(guest.context().snapshot())), {});
    Place place;
    place.linear = LinearAddress(RuleGuest::directBase + 0x4000);
    const QModelIndex row = model.indexOf(place);
    CHECK(row.siblingAtColumn(TablesModel::Marks).data().toString() == "✕");
    CHECK(row.data(TablesModel::FindingRole).toInt() == static_cast<int>(core::FindingState::Violation));
    CHECK(row.siblingAtColumn(TablesModel::Role).data().toString().contains("page table, level 1"));
}

TEST_CASE("tables that contain themselves open as far as someone looks, no further")
{
    Guest guest(PagingMode::Level4);
    for (unsigned i = 0; i < 512; ++i)
        guest.set(0x1000, i, 0x1000 | rw);
    TablesModel model;
    model.setState(stateOf(guest.capture()), {});
    QModelIndex at = model.index(0, 0);
    for (int level = 4; level >= 1; --level) {
        REQUIRE(model.hasChildren(at));
        model.fetchMore(at);
        at = model.index(0, 0, at);
    }
    CHECK_FALSE(model.index(0, 0, model.index(0, 0)).data().toString().isEmpty());
}

TEST_CASE("a click selects the entry, and a selection from elsewhere opens the tables above it")
{
    ViewFixture story;
    TablesView view(story.document, story.selection);
    view.resize(900, 500);
    view.show();
    story.document.goTo(BufferStory::steps - 1);
    const QModelIndex entry = directMapEntry(view);
    REQUIRE(entry.isValid());
    QTest::mouseClick(view.tree().viewport(), Qt::LeftButton, {},
        view.tree().visualRect(entry.siblingAtColumn(TablesModel::Target)).center());
    CHECK(story.selection.place().entry == PhysicalAddress(BufferStory::rootTable + 273 * 8));
    CHECK(story.selection.place().level == 4U);

    Place below;
    below.linear = LinearAddress(BufferStory::directBase);
    below.level = 3;
    story.selection.select(below);
    CHECK(view.tree().currentIndex().parent() == directMapEntry(view));
    CHECK(view.tree().isExpanded(directMapEntry(view)));
    CHECK(grabTo(view, "tables"));
}

TEST_CASE("of a frame that no entry maps no row is shown as its own; a table's frame has the entry that "
          "references it")
{
    ViewFixture story;
    TablesView view(story.document, story.selection);
    view.resize(900, 500);
    view.show();
    story.document.goTo(BufferStory::steps - 1);
    Place place;
    place.linear = LinearAddress(BufferStory::directBase);
    story.selection.select(place);
    REQUIRE(view.tree().currentIndex().isValid());
    Place unmapped;
    unmapped.frame = FrameNumber(0xfffffff);
    story.selection.select(unmapped);
    CHECK_FALSE(view.tree().currentIndex().isValid());
    // Qt makes a row current where there is none: getting the keyboard is no choice of the user's.
    QFocusEvent focus(QEvent::FocusIn, Qt::TabFocusReason);
    QApplication::sendEvent(&view.tree(), &focus);
    CHECK(story.selection.place() == unmapped);
}

TEST_CASE("an entry of a detached table is shown below the detached tables")
{
    ViewFixture story;
    TablesView view(story.document, story.selection);
    view.resize(900, 500);
    view.show();
    story.document.goTo(BufferStory::steps - 1);
    const std::uint64_t newest = BufferStory::start + BufferStory::steps - 2;
    Place inDetached;
    inDetached.entry = PhysicalAddress((newest << 12) + 5 * 8);
    inDetached.level = 1;
    story.selection.select(inDetached);

    const QModelIndex row = view.tree().currentIndex();
    REQUIRE(row.isValid());
    CHECK(view.model().placeAt(row.parent()).frame == FrameNumber(newest));
    CHECK(row.parent().parent() == view.model().index(1, 0));
    CHECK(view.tree().isExpanded(view.model().index(1, 0)));
    CHECK(view.tree().viewport()->rect().intersects(view.tree().visualRect(row)));
}

TEST_CASE("the tables stay open where they were when the step changes")
{
    ViewFixture story;
    TablesView view(story.document, story.selection);
    view.show();
    story.document.goTo(5);
    REQUIRE(directMapEntry(view).isValid());
    view.tree().expand(directMapEntry(view));
    story.document.goTo(6);
    CHECK(view.tree().isExpanded(view.model().index(0, 0)));
    CHECK(view.tree().isExpanded(directMapEntry(view)));
    view.tree().collapse(directMapEntry(view));
    story.document.goTo(7);
    CHECK_FALSE(view.tree().isExpanded(directMapEntry(view)));
}

TEST_CASE("a filter turns the tree into the list of what it matches, and an error shows its place")
{
    const Walkthrough story("lab-buffer-high");
    Document document;
    Selection selection;
    TablesView view(document, selection);
    view.resize(900, 500);
    view.show();
    document.setTimeline(Timeline::open(story->path()).value(), false);
    document.goTo(65);
    auto* line = view.findChild<QLineEdit*>("filter");
    REQUIRE(line);
    QTest::keyClicks(line, "level == 1 and eff.rw");
    const int matches = view.model().rowCount();
    REQUIRE(matches > 0);
    for (int row = 0; row < matches; ++row)
        CHECK(view.model().index(row, TablesModel::Effective).data().toString().startsWith("RW"));
    // Whole addresses, the first one and the last.
    const QModelIndex first = view.model().index(0, TablesModel::Index);
    const QString begin = first.data().toString();
    const QString end = first.siblingAtColumn(TablesModel::Linear).data().toString();
    CHECK(begin.size() == 18);
    CHECK(end.size() == 18);
    CHECK(end.endsWith("fff"));
    CHECK(begin < end);
    CHECK(view.model().headerData(TablesModel::Linear, Qt::Horizontal, Qt::DisplayRole) == "Up to");
    const QTreeView& tree = view.tree();
    CHECK(tree.visualRect(first).width() >= tree.fontMetrics().horizontalAdvance(begin) + 4);
    line->setText("level == and");
    auto* edit = view.findChild<FilterEdit*>();
    REQUIRE(edit);
    CHECK(edit->errorText().contains('^'));
    CHECK(view.model().rowCount() == matches);
    CHECK(grabTo(view, "tables-filter"));
    line->clear();
    CHECK(view.model().index(0, 0).data().toString() == "PML4");
    CHECK(view.model().headerData(TablesModel::Linear, Qt::Horizontal, Qt::DisplayRole) == "Linear address");
}

TEST_CASE("tables that were opened to show a place close behind it, those opened by hand stay")
{
    ViewFixture f;
    f.document.goTo(10);
    TablesView view(f.document, f.selection);
    view.show();
    auto* tree = view.findChild<QTreeView*>();
    const auto opened = [&] {
        int rows = 0;
        for (QModelIndex index = tree->model()->index(0, 0); index.isValid(); index = tree->indexBelow(index))
            rows += tree->isExpanded(index) ? 1 : 0;
        return rows;
    };
    const Place direct = placeOf(LinearAddress(BufferStory::directBase + 0x3e00000));
    const Place text = placeOf(LinearAddress(BufferStory::textBase));
    f.selection.select(direct);
    const int forDirect = opened();
    f.selection.select(text);
    const int forText = opened();
    f.selection.select(direct);
    CHECK(opened() == forDirect);
    f.document.goTo(11);
    f.document.goTo(10);
    CHECK(opened() == forDirect);

    // A click makes the tree the user's own.
    QTest::mouseClick(
        tree->viewport(), Qt::LeftButton, {}, tree->visualRect(tree->currentIndex().parent()).center());
    f.selection.select(text);
    CHECK(opened() > forText);
}
