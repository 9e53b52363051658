// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QTableView>
#include <QTest>

#include "tests/support/walkthrough.h"
#include "tests/views/bufferstory.h"
#include "views/mappings/mappingsmodel.h"
#include "views/pgtbuf/pgtbufpage.h"
#include "views/pgtbuf/pgtbufstrip.h"
#include "views/pgtbuf/pgtbufview.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

TEST_CASE("a page of the buffer is told with its place, its use and the comparisons")
{
    ViewFixture f;
    f.document.goTo(10);
    const PgtBufPage used = pgtBufPage(*f.document.state(), FrameNumber(0x3f02));
    CHECK(used.place == BufferPlace::Used);
    CHECK(used.what.contains("page table, level 1"));
    CHECK(used.what.contains("0xffff888003e00000"));
    REQUIRE(used.clauses.size() == 3);
    CHECK(used.clauses[1].values == "0x3f02 < 0x3f0a");
    CHECK(used.clauses[1].holds);

    const PgtBufPage reserved = pgtBufPage(*f.document.state(), FrameNumber(0x3f14));
    CHECK(reserved.place == BufferPlace::Reserved);
    CHECK_FALSE(reserved.clauses[1].holds);
    CHECK(reserved.clauses[2].holds);
    REQUIRE(reserved.mappings.list.size() == 1);
    CHECK(reserved.mappings.list[0].verdict == MappingVerdict::Pending);
}

TEST_CASE("a forgotten page is pending, then being made, then a violation; the newest page's slot is allowed")
{
    ViewFixture f;
    const FrameNumber frame(BufferStory::start + 9);
    f.document.goTo(8);
    CHECK(pgtBufPage(*f.document.state(), frame).mappings.list.at(0).verdict == MappingVerdict::Pending);
    f.document.goTo(10);
    std::set<MappingVerdict> verdicts;
    for (const JudgedMapping& mapping : pgtBufPage(*f.document.state(), frame).mappings.list)
        verdicts.insert(mapping.verdict);
    CHECK(verdicts == std::set{MappingVerdict::BeingMade, MappingVerdict::AllowedTransient});
    f.document.goTo(11);
    const auto hooked = pgtBufPage(*f.document.state(), frame).mappings.list;
    REQUIRE(hooked.size() == 1);
    CHECK(hooked.front().verdict == MappingVerdict::Violation);
}

TEST_CASE("the model of mappings keeps the rules of models")
{
    ViewFixture f;
    f.document.goTo(11);
    MappingsModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setMappings(f.document.state(), pgtBufPage(*f.document.state(), FrameNumber(0x3f09)).mappings.list);
    REQUIRE(model.rowCount() == 1);
    int violations = 0;
    for (int row = 0; row < model.rowCount(); ++row)
        violations
            += model.index(row, MappingsModel::Verdict).data().toString().contains("violation") ? 1 : 0;
    CHECK(violations == 1);
    model.clear();
    CHECK(model.rowCount() == 0);
}

TEST_CASE("pages are selected by click and by key")
{
    ViewFixture f;
    f.document.goTo(10);
    PgtBufView view(f.document, f.selection);
    view.resize(700, 420);
    view.show();
    auto* strip = view.findChild<PgtBufStrip*>();
    REQUIRE(strip);
    QTest::mouseClick(strip->viewport(), Qt::LeftButton, {}, strip->cellOf(FrameNumber(0x3f04)).center());
    CHECK(f.selection.place().frame == FrameNumber(0x3f04));
    QTest::keyClick(strip, Qt::Key_Right);
    CHECK(f.selection.place().frame == FrameNumber(0x3f05));
    QTest::keyClick(strip, Qt::Key_End);
    CHECK(f.selection.place().frame == FrameNumber(BufferStory::top - 1));
    CHECK(strip->accessibleDescription().contains("reserved in pgt_buf"));
    CHECK(view.findChild<QLabel*>("pgtBufPage")->text().contains("0x3f2f"));
}

TEST_CASE("a mapping leads to its entry")
{
    ViewFixture f;
    f.document.goTo(10);
    PgtBufView view(f.document, f.selection);
    view.resize(700, 420);
    view.show();
    f.selection.select(placeOf(FrameNumber(0x3f14)));
    auto* table = view.findChild<QTableView*>("mappings");
    REQUIRE(table->model()->rowCount() == 1);
    QTest::mouseClick(
        table->viewport(), Qt::LeftButton, {}, table->visualRect(table->model()->index(0, 0)).center());
    CHECK(f.selection.place().entry == PhysicalAddress((0x3f02ULL << 12) + 0x114 * 8));
    CHECK(f.selection.place().linear == LinearAddress(0xffff888003f14000));
}

TEST_CASE("the page stays selected while steps go by")
{
    ViewFixture f;
    PgtBufView view(f.document, f.selection);
    view.show();
    f.selection.select(placeOf(FrameNumber(0x3f09)));
    auto* page = view.findChild<QLabel*>("pgtBufPage");
    CHECK(page->text().contains("reserved"));
    f.document.goTo(10);
    CHECK(page->text().contains("page table, level 1"));
}

TEST_CASE("what is left of an epoch is reserved or handed back, and past values are said to be so")
{
    PageTableBuffer buffer;
    buffer.trust = PgtBufTrust::Live;
    buffer.epochs = {{GuestFrame(0x20), GuestFrame(0x24), GuestFrame(0x28), false},
        {GuestFrame(0x30), GuestFrame(0x31), GuestFrame(0x38), false}};
    CHECK(epochText(buffer, 0) == "epoch 1 of 2 · 4 used · 4 handed back");
    CHECK(epochText(buffer, 1) == "epoch 2 of 2 · 1 used · 7 reserved");
    buffer.trust = PgtBufTrust::HandedBack;
    CHECK(epochText(buffer, 1) == "epoch 2 of 2 · 1 used · 7 handed back");
    buffer.trust = PgtBufTrust::Stale;
    CHECK(
        epochText(buffer, 1) == "epoch 2 of 2 · 1 used · 7 handed back · variables freed, last valid values");
}

TEST_CASE("every epoch has its pages, and values that make no sense do no harm")
{
    BufferStory story;
    story.buffer.epochs = {{GuestFrame(0x100), GuestFrame(0x104), GuestFrame(0x108), false},
        {GuestFrame(0x200), GuestFrame(0x202), GuestFrame(0x220), false},
        {GuestFrame(0x9000), GuestFrame(~0ULL), GuestFrame(0x10), false},
        {GuestFrame(0x10), GuestFrame(0), GuestFrame(~0ULL), false}};
    const auto state = std::make_shared<const StepState>(Step{}, story.next().second, StepChanges{});
    PgtBufStrip strip;
    strip.resize(500, 300);
    strip.setState(state);
    CHECK_FALSE(strip.cellOf(FrameNumber(0x107)).isNull());
    CHECK_FALSE(strip.cellOf(FrameNumber(0x21f)).isNull());
    strip.setCurrent(FrameNumber(0x201));
    QTest::keyClick(&strip, Qt::Key_End);
    strip.grab();
}

TEST_CASE("a guest without a buffer has an empty view and no crash")
{
    Document document;
    Selection selection;
    PgtBufView view(document, selection);
    view.show();
    view.grab();
    // What the strip says is all there is to say.
    CHECK_FALSE(view.findChild<QTableView*>("mappings")->isVisible());
    QTest::keyClick(view.findChild<PgtBufStrip*>(), Qt::Key_Right);
    CHECK(selection.place().empty());
}

TEST_CASE("pictures of the buffer")
{
    ViewFixture f;
    f.document.goTo(10);
    f.selection.select(placeOf(FrameNumber(0x3f09)));
    PgtBufView view(f.document, f.selection);
    photograph(view, "pgtbuf", {720, 360});
    CHECK(QFile::exists("screenshots/pgtbuf-dark.png"));
}

TEST_CASE("while a recording has no buffer yet, pgt_buf says what it waits for and leads to the step")
{
    const Walkthrough story("lab-buffer-high");
    Document document;
    document.setTimeline(Timeline::open(story->path()).value(), false);
    Selection selection;
    PgtBufView view(document, selection);
    view.show();
    auto* begin = view.findChild<QLabel*>("pgtBufBegin");
    REQUIRE(begin);
    document.goTo(0);
    CHECK(begin->isVisible());
    CHECK(begin->text().contains("<a href"));
    emit begin->linkActivated("step");
    CHECK(begin->isHidden());
    CHECK_FALSE(document.state()->snapshot()->pgtBuf().epochs.empty());
    document.goBack();
    CHECK(document.state()->snapshot()->pgtBuf().epochs.empty());
}
