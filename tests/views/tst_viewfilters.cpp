// SPDX-License-Identifier: GPL-2.0-or-later
// The filter box in Tables, Frames, Findings and Timeline, and the colour rules, as a user meets them.
#include "tests/support/catch.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include "tests/core/xenguest.h"
#include "tests/support/gui/gui.h"
#include "tests/views/bufferstory.h"
#include "views/filters/colourrulesdialog.h"
#include "views/filters/filtercompleter.h"
#include "views/filters/filteredit.h"
#include "views/findings/findingsmodel.h"
#include "views/findings/findingsview.h"
#include "views/frames/framemap.h"
#include "views/frames/framesview.h"
#include "views/tables/tablesmodel.h"
#include "views/tables/tablesview.h"
#include "views/timeline/differencefilter.h"
#include "views/timeline/player.h"
#include "views/timeline/stepsearch.h"
#include "views/timeline/stepsmodel.h"
#include "views/timeline/timelineview.h"
#include "views/window/dockarea.h"
#include "views/window/filterbar.h"
#include "views/window/gotobox.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

/// The colours of the pixels of one cell.
QImage cellPicture(FrameMap& map, FrameNumber frame)
{
    return map.viewport()->grab(map.cellOf(frame)).toImage();
}

ColourRule writableRule() { return {"Writable", "eff.rw", QColor(200, 60, 140), "z", true}; }

/// The user's rules are put back however a test ends.
struct KeptRules {
    KeptRules() { ColourRules::instance().setRules({}); }
    ~KeptRules() { ColourRules::instance().setRules(ColourRules::shipped()); }
};

int columnWith(const QAbstractItemModel& model, const QString& text, const QModelIndex& parent = {})
{
    int rows = 0;
    for (int row = 0; row < model.rowCount(parent); ++row)
        for (int column = 0; column < model.columnCount(parent); ++column)
            rows += model.index(row, column, parent).data().toString().split(' ').contains(text) ? 1 : 0;
    return rows;
}

} // namespace

TEST_CASE("the window's box filters tables, frames, findings and the timeline alike")
{
    ViewFixture story;
    MainWindow window;
    window.resize(1500, 900);
    window.document().setTimeline(story.document.timeline(), false);
    window.showViews();
    window.show();
    window.document().goTo(10);
    QTest::keyClicks(&window.gotoBox(), "pfn == 0x3f09");
    QTest::keyClick(&window.gotoBox(), Qt::Key_Return);
    for (const char* id : {"tables", "frames", "findings", "timeline"}) {
        CAPTURE(id);
        auto* edit = window.docks().view(QLatin1String(id))->findChild<FilterEdit*>();
        REQUIRE(edit);
        CHECK(edit->text() == "pfn == 0x3f09");
    }
    QTest::keyClick(&window.gotoBox(), Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(&window.gotoBox(), "level == nonsense");
    QTest::keyClick(&window.gotoBox(), Qt::Key_Return);
    CHECK(window.messages().text().contains("nonsense"));
    CHECK(window.gotoBox().selectedText() == "nonsense");
}

TEST_CASE("words are completed where the cursor is")
{
    ViewFixture story;
    QLineEdit line;
    line.show();
    const FilterCompleter completer(story.document, line);
    QTest::keyClicks(&line, "eff.");
    CHECK(completer.words().contains("eff.rw"));
    QTest::keyClicks(&line, "rw and region == kernel_t");
    CHECK(completer.words() == QStringList{"kernel_text"});
}

TEST_CASE("Return means what was typed, until a word of the list is chosen")
{
    ViewFixture story;
    QLineEdit line;
    line.show();
    const FilterCompleter completer(story.document, line);
    QStringList entered;
    QObject::connect(&line, &QLineEdit::returnPressed, [&] { entered += line.text(); });
    const auto type = [&] {
        line.clear();
        QTest::keyClicks(&line, "region == kernel_tex");
        REQUIRE(QApplication::activePopupWidget());
    };
    type();
    QTest::keyClick(QApplication::activePopupWidget(), Qt::Key_Return);
    CHECK(line.text() == "region == kernel_tex");
    CHECK(entered == QStringList{"region == kernel_tex"});
    type();
    QTest::keyClick(QApplication::activePopupWidget(), Qt::Key_Down);
    QTest::keyClick(QApplication::activePopupWidget(), Qt::Key_Return);
    CHECK(line.text() == "region == kernel_text");
    CHECK(entered.size() == 1);
    type();
    QTest::keyClick(QApplication::activePopupWidget(), Qt::Key_Tab);
    CHECK(line.text() == "region == kernel_text");
}

TEST_CASE("frames that a filter does not match fade")
{
    const KeptRules rules;
    ViewFixture story;
    FramesView view(story.document, story.selection);
    view.resize(900, 600);
    view.show();
    story.document.goTo(10);
    view.map().zoomToBuffer();
    const FrameNumber kept(0x3f04), faded(0x3f05);
    const QImage keptBefore = cellPicture(view.map(), kept);
    const QImage fadedBefore = cellPicture(view.map(), faded);
    view.setFilterText("pfn == 0x3f04");
    CHECK(cellPicture(view.map(), kept) == keptBefore);
    CHECK(cellPicture(view.map(), faded) != fadedBefore);
    view.setFilterText("");
    CHECK(cellPicture(view.map(), faded) == fadedBefore);
}

TEST_CASE("a filter leaves the findings that it matches, under their rules")
{
    ViewFixture story;
    FindingsView view(story.document, story.selection);
    view.show();
    story.document.goTo(11);
    auto* tree = view.findChild<QTreeView*>("findings");
    const auto all = [&] {
        int count = 0;
        for (int rule = 0; rule < tree->model()->rowCount(); ++rule)
            count += tree->model()->rowCount(tree->model()->index(rule, 0));
        return count;
    };
    const int before = all();
    view.setFilterText("finding == violation");
    CHECK(all() > 0);
    CHECK(all() < before);
    for (int rule = 0; rule < tree->model()->rowCount(); ++rule) {
        const QModelIndex parent = tree->model()->index(rule, 0);
        for (int row = 0; row < tree->model()->rowCount(parent); ++row)
            CHECK(tree->model()->index(row, 0, parent).data().toString().contains("violation"));
    }
    view.setFilterText("");
    CHECK(all() == before);
}

TEST_CASE("a filter leaves the steps that it matches, and a row still goes to its step")
{
    ViewFixture story;
    Player player(story.document);
    TimelineView view(story.document, story.selection, player);
    view.resize(900, 400);
    view.show();
    view.setFilterText("entry == 0x3f01000"); // the first entry of the direct map's page directory
    view.search().finish();
    const int none = view.model().rowCount();
    CHECK(none == 0);
    view.setFilterText("table == 0x3f01000 and changed");
    view.search().finish();
    const int rows = view.model().rowCount();
    CHECK(rows > 0);
    CHECK(rows < static_cast<int>(BufferStory::steps));
    view.list().setCurrentIndex(view.model().index(rows - 1, 0));
    CHECK(story.document.step() == view.model().stepAt(rows - 1));
    CHECK(view.model().index(rows - 1, StepsModel::Number).data().toString()
        == QString::number(story.document.step()));
    view.setFilterText("table ==");
    CHECK(view.findChild<FilterEdit*>()->errorText().contains('^'));
    CHECK(view.model().rowCount() == rows);
    view.setFilterText("");
    CHECK(view.model().rowCount() == static_cast<int>(BufferStory::steps));
    CHECK(view.list().currentIndex().row() == static_cast<int>(story.document.step()));
}

TEST_CASE("what a symbol means follows the step")
{
    ViewFixture story;
    story.document.goTo(5);
    FilterEdit edit(story.document);
    edit.setText("pfn == pgt_buf_end");
    const FrameNumber before(story.document.state()->snapshot()->pgtBuf().epochs.back().end.value);
    const auto has = [&](FrameNumber frame) {
        const auto borders = edit.filter().frameBorders();
        return std::find(borders->begin(), borders->end(), frame) != borders->end();
    };
    CHECK(has(before));
    story.document.goTo(9);
    edit.reread();
    CHECK_FALSE(has(before));
}

TEST_CASE("a colour rule marks rows, steps, findings and frames by colour and by its letter")
{
    const KeptRules kept;
    ViewFixture story;
    story.document.goTo(10);
    TablesView tables(story.document, story.selection);
    FramesView frames(story.document, story.selection);
    FindingsView findings(story.document, story.selection);
    for (QWidget* view :
        {static_cast<QWidget*>(&tables), static_cast<QWidget*>(&frames), static_cast<QWidget*>(&findings)}) {
        view->resize(900, 600);
        view->show();
    }
    frames.map().zoomToBuffer();
    const QImage plain = cellPicture(frames.map(), FrameNumber(0x3f31));
    CHECK(columnWith(tables.model(), "z", tables.model().index(0, 0)) == 0);

    ColourRules::instance().setRules({writableRule()});
    CHECK(columnWith(tables.model(), "z", tables.model().index(0, 0)) > 0);
    CHECK(tables.model().index(0, 0, tables.model().index(0, 0)).data(TablesModel::ColourRole).isValid());
    CHECK(cellPicture(frames.map(), FrameNumber(0x3f31)) != plain);
    CHECK(grabTo(frames, "frames-colours"));
    int marked = 0;
    for (int rule = 0; rule < findings.model().rowCount(); ++rule)
        marked += columnWith(findings.model(), "z", findings.model().index(rule, 0));
    CHECK(marked > 0);

    ColourRules::instance().setRules({{"Stores", "changed", QColor(60, 140, 200), "s", true}});
    Player player(story.document);
    TimelineView timeline(story.document, story.selection, player);
    timeline.show();
    CHECK(columnWith(timeline.model(), "s") > 0);
}

TEST_CASE("colour rules are edited in a dialog and kept")
{
    const KeptRules kept;
    ViewFixture story;
    ColourRulesDialog dialog(story.document);
    dialog.show();
    auto* list = dialog.findChild<QTableWidget*>("colourRuleList");
    REQUIRE(list);
    CHECK(list->rowCount() == 0);
    QTest::mouseClick(dialog.findChild<QPushButton*>("addRule"), Qt::LeftButton);
    list->item(0, 1)->setText("eff.rw and");
    CHECK(dialog.errorText().contains('^'));
    dialog.accept();
    CHECK(dialog.isVisible());
    CHECK(ColourRules::instance().rules().empty());
    list->item(0, 1)->setText("eff.rw and not eff.nx");
    list->item(0, 3)->setText("");
    dialog.accept();
    CHECK(dialog.errorText().contains("mark"));
    list->item(0, 3)->setText("q");
    list->item(0, 0)->setText("Both");
    CHECK(grabTo(dialog, "colour-rules"));
    dialog.accept();
    CHECK_FALSE(dialog.isVisible());
    const auto rules = ColourRules::instance().rules();
    REQUIRE(rules.size() == 1);
    CHECK(rules[0].name == "Both");
    CHECK(rules[0].mark == "q");
    CHECK(rules[0].filter == "eff.rw and not eff.nx");
}

TEST_CASE("Escape clears the filters of every view from anywhere in the window, and so does the bar's button")
{
    ViewFixture f;
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    window.document().setTimeline(f.document.timeline(), false);
    window.showViews();
    window.activateWindow();
    REQUIRE(QTest::qWaitForWindowActive(&window));
    auto* box = window.findChild<GotoBox*>();
    auto* bar = window.findChild<FilterBar*>();
    auto* own = window.docks().view("tables")->findChild<FilterEdit*>();
    auto* tree = window.docks().view("tables")->findChild<QTreeView*>();
    QAction& clear = window.action(ActionId::ClearFilter);
    CHECK_FALSE(clear.isEnabled());

    bar->apply("level == 1");
    CHECK(own->text() == "level == 1");
    tree->setFocus();
    QTest::keyClick(tree, Qt::Key_Escape);
    CHECK(bar->filter().isEmpty());
    CHECK(bar->isHidden());
    CHECK(own->text().isEmpty());
    CHECK(box->text().isEmpty());
    CHECK_FALSE(clear.isEnabled());

    // One that was typed in a view.
    own->setText("level == 2");
    CHECK(clear.isEnabled());
    auto* steps = window.findChild<QTreeView*>("steps");
    steps->setFocus();
    QTest::keyClick(steps, Qt::Key_Escape);
    CHECK(own->text().isEmpty());

    bar->apply("level == 1");
    bar->findChild<QToolButton*>("clearFilter")->click();
    CHECK(own->text().isEmpty());

    // In a presentation the key leaves it.
    bar->apply("level == 1");
    window.action(ActionId::Present).trigger();
    QTest::keyClick(&window, Qt::Key_Escape);
    CHECK_FALSE(window.action(ActionId::Present).isChecked());
    CHECK(bar->filter() == "level == 1");
}

TEST_CASE("what differs between two steps has the filter's fields that the table gives it, and no other")
{
    XenGuest guest;
    guest.map(0x400000, 0x15000, rw);
    guest.linearRegions = {{"user", "user", {core::LinearAddress(0), core::LinearAddress(1ULL << 47)}}};
    guest.physicalRegions
        = {{"pgt_buf", "pgt_buf", {core::PhysicalAddress(0x15000), core::PhysicalAddress(0x16000)}}};
    const core::SnapshotPtr snapshot = guest.captureWithXen();
    const std::optional<core::MappedAs> side = core::MappedAs{core::PhysicalAddress(0x15000), {}, 0, 0};
    const core::MappingChange change{core::LinearAddress(0x400000), core::frameBytes, side, {}, {}};
    const core::TableChange table{core::TableChangeKind::Appeared, core::PhysicalAddress(0x15000), 1, false};
    for (const core::FieldInfo& field : core::fields()) {
        if (!field.inFilter())
            continue;
        CAPTURE(field.name);
        const auto filter = core::Filter::parse(
            std::string(field.name) + (field.type == core::FieldType::Text ? "" : " >= 0"));
        REQUIRE(filter);
        CHECK(matches(*filter, *snapshot, change, side) == field.isOf(core::SubjectKind::Mapping));
        CHECK(matches(*filter, *snapshot, table) == field.isOf(core::SubjectKind::Table));
    }
}
